import { visible } from '../base/sanitise.ts';
import type { Result } from './present.ts';

/** A fault in a file. Lines and columns start at 1. */
export interface Fault {
  line: number;
  column: number;
  /** The field; empty for the file as a whole. */
  path: string;
  message: string;
}

export const faultFields = ['line', 'column', 'path', 'message'] as const satisfies (keyof Fault)[];

/** `my-api.json:12:5: create.body.ttl: …`, a form in which editors and terminals find the place. */
export function placed(file: string, { line, column, path, message }: Fault): string {
  return [`${file}:${line}:${column}`, path, message].filter(Boolean).map(visible).join(': ');
}

/** The faults of a file; with any, the answer of the command is no. */
export function faultResult(file: string, faults: readonly Fault[]): Result {
  return {
    kind: 'rows',
    rows: faults,
    columns: faultFields,
    table: () => faults.map((fault) => `${placed(file, fault)}\n`).join(''),
    ...(faults.length > 0 && { exit: 'no' as const }),
  };
}
