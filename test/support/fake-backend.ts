import { capabilities } from '../../src/authority/capabilities.ts';
import { Secret } from '../../src/base/secret.ts';
import type { EscrowedSecret, Journal, Step, WrittenStep } from '../../src/keys/operations/operation.ts';
import type { Delivered, KeyBackend, LogEntry, Sink } from '../../src/keys/ports.ts';
import { key } from './key.ts';

/** The steps that fail, each with its error. */
export type Faults = Readonly<Record<string, Error>>;

export const fakeSecret = 'sk_fake_EXAMPLE';

/** The outside world of one operation. It records every step; a step in `faults` fails. */
export class FakeWorld {
  readonly steps: string[] = [];
  readonly #faults: Faults;
  /** Whether every step that the journal was told of is on disk. */
  #isSettled = true;

  constructor(faults: Faults = {}) {
    this.#faults = faults;
  }

  take(step: string): void {
    this.steps.push(step);
    const fault = this.#faults[step];
    if (fault) throw fault;
  }

  /** A step that changes a key: what led to it has to be on disk. */
  change(step: string): void {
    this.take(step);
    if (!this.#isSettled) throw new Error(`not on disk before ${step}`);
  }

  backend(): KeyBackend {
    return {
      capabilities,
      permissions: ['read'],
      list: async () => [],
      get: async () => undefined,
      create: async ({ name }) => {
        this.change('create');
        return { key: key({ id: 'new00001', name }), secret: new Secret(fakeSecret) };
      },
      update: async () => key(),
      revoke: async (id) => {
        this.change(`revoke ${id}`);
        return true;
      },
      logs: () => entriesOf([]),
      usage: async () => [],
      verify: async () => ({ valid: true, reason: 'ok', httpStatus: 200 }),
    };
  }

  /** A journal, with an escrow unless told otherwise. Its steps are among the world's, notes as `note <step>`. */
  journal({ escrow = true }: { escrow?: boolean } = {}): Journal {
    return {
      begin: async (plan) => {
        this.take('begin');
        const steps: WrittenStep[] = [];
        let held: EscrowedSecret | undefined;
        const note = (step: Step) => {
          this.take(`note ${step.step}`);
          steps.push({ ...step, at: '2026-11-20T12:00:00.000Z' });
        };
        return {
          id: 'op000001',
          plan,
          steps,
          escrow: escrow ? 'test escrow' : undefined,
          note: async (step) => {
            note(step);
            this.#isSettled = true;
          },
          noteAhead: (step) => {
            note(step);
            this.#isSettled = false;
          },
          settle: async () => {
            this.#isSettled = true;
          },
          putInEscrow: async (one) => {
            if (!escrow) return;
            this.take('hold');
            held = one;
          },
          readEscrow: async () => held,
          end: async () => this.take('end'),
          clearEscrow: async () => this.take('rest'),
          leave: async () => this.take('leave'),
        };
      },
    };
  }

  /** `readsBack`: whether the sink reads back the right secret; absent: it cannot be read. */
  sink(name: string, readsBack?: boolean): Sink & { seen: Delivered[][] } {
    const seen: Delivered[][] = [];
    return {
      name,
      seen,
      check: async () => this.take(`check ${name}`),
      deliver: async ({ secret, delivered }) => {
        this.take(`deliver ${name} ${secret.reveal()}`);
        seen.push([...delivered]);
      },
      ...(readsBack !== undefined && {
        read: async () => {
          if (seen.length === 0) return null;
          this.take(`read ${name}`);
          return new Secret(readsBack ? fakeSecret : 'sk_other_EXAMPLE');
        },
      }),
    };
  }
}

/** A list in the form that a backend returns. */
export async function* entriesOf(entries: readonly LogEntry[]): AsyncGenerator<LogEntry> {
  yield* entries;
}
