import type { Ceiling } from './ceiling.ts';
import { defaultCeiling } from './ceiling.ts';
import { noSuchUser } from './errors.ts';
import type { Role } from './roles.ts';
import { parseRole } from './roles.ts';
import type { Store } from './store/store.ts';
import type { Row, Work } from './store/work.ts';
import { all, get, run } from './store/work.ts';

export interface User {
  name: string;
  role: Role;
  ceiling: Ceiling;
}

/** The users who own keys, and the ceiling of each. */
export class Users {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async list(): Promise<User[]> {
    const rows = await this.#store.read(() => all('SELECT name, role, ceiling FROM users ORDER BY name'));
    return rows.map(toUser);
  }

  get(name: string): Promise<User | undefined> {
    return this.#store.read(() => userNamed(name));
  }

  /** Applies to keys that are created or changed from now on. Throws `no_such_user`. */
  setCeiling(name: string, changes: Partial<Ceiling>): Promise<User> {
    return this.#store.write(() => setCeiling(name, changes));
  }
}

function* setCeiling(name: string, changes: Partial<Ceiling>): Work<User> {
  const ceiling = JSON.stringify({ ...(yield* ceilingOf(name)), ...changes });
  yield* run('UPDATE users SET ceiling = ? WHERE name = ?', ceiling, name);
  const user = yield* userNamed(name);
  if (!user) throw noSuchUser(name);
  return user;
}

function* userNamed(name: string): Work<User | undefined> {
  const row = yield* get('SELECT name, role, ceiling FROM users WHERE name = ?', name);
  return row && toUser(row);
}

export function* ceilingOf(user: string): Work<Ceiling> {
  return ceilingIn(yield* get('SELECT ceiling FROM users WHERE name = ?', user));
}

function toUser(row: Row): User {
  return { name: String(row.name), role: parseRole(row.role), ceiling: ceilingIn(row) };
}

function ceilingIn(row: Row | undefined): Ceiling {
  return { ...defaultCeiling, ...JSON.parse(String(row?.ceiling ?? '{}')) };
}
