import type { Delivery, Sink } from './ports.ts';

/** Where a new secret goes. */
export interface Destination<PrintedRecord extends object> {
  /** The sinks besides stdout, in order. */
  readonly places: readonly Sink[];
  /** stdout gets the secret, alone or in a record; the command prints nothing else. */
  readonly printsSecret: boolean;
  /** All sinks, in order. If stdout gets a record, it is the one that `record` returns at that moment. */
  sinks(record: RecordOf<PrintedRecord>): readonly Sink[];
}

/** What is printed beside a secret; `delivered` includes stdout. */
export type RecordOf<PrintedRecord> = (delivery: Omit<Delivery, 'secret'>) => PrintedRecord;
