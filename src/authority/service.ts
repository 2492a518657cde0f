import type { AuthorityOptions } from './authority.ts';
import type { Organisation } from './decision.ts';
import type { Retention } from './log-retention.ts';
import { setLogRetention } from './log-retention.ts';
import { ScopedKeys } from './scoped-keys.ts';
import type { Caller } from './sessions.ts';
import { Sessions } from './sessions.ts';
import type { Store } from './store/store.ts';
import type { UseGate } from './store/use-gate.ts';
import { Users } from './users.ts';

export interface ServiceOptions extends AuthorityOptions {
  /** What decides on uses of keys and records them. */
  gate: UseGate;
}

/** The authority behind `keys serve`: for users who manage keys of their own, and for calls that use keys. */
export class AuthorityService {
  readonly organisation: Organisation;
  readonly store: Store;
  readonly gate: UseGate;
  readonly sessions: Sessions;
  readonly users: Users;
  readonly #now: () => number;

  constructor({ store, gate, now, organisation = {} }: ServiceOptions) {
    this.store = store;
    this.gate = gate;
    this.organisation = organisation;
    this.#now = () => now().getTime();
    this.sessions = new Sessions(store, this.#now);
    this.users = new Users(store);
  }

  /** Migrates the tables. Throws `KeysError` unless the database can be used and its tables are those of this program. */
  open(): Promise<void> {
    return this.store.open();
  }

  /** The keys as one caller sees them. */
  keysOf(caller: Caller): ScopedKeys {
    return new ScopedKeys(this.store, this.organisation, this.#now, caller);
  }

  /** Sets how long the log keeps its rows. */
  setLogRetention(retention: Retention): Promise<void> {
    return this.store.write(() => setLogRetention(retention));
  }

  async close(): Promise<void> {
    await this.gate.close();
    await this.store.close();
  }
}
