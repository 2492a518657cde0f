import type { Ceiling } from './ceiling.ts';
import { defaultCeiling } from './ceiling.ts';
import { noSuchUser } from './errors.ts';
import type { Role } from './roles.ts';
import { parseRole } from './roles.ts';
import type { Connection, Row } from './sqlite/connection.ts';
import type { DatabaseFile } from './sqlite/database-file.ts';

export interface User {
  name: string;
  role: Role;
  ceiling: Ceiling;
}

/** The users who own keys, and the ceiling of each. */
export class Users {
  readonly #file: DatabaseFile;

  constructor(file: DatabaseFile) {
    this.#file = file;
  }

  list(): User[] {
    return this.#file.reading.all('SELECT name, role, ceiling FROM users ORDER BY name').map(toUser);
  }

  get(name: string): User | undefined {
    const row = this.#file.reading.get('SELECT name, role, ceiling FROM users WHERE name = ?', name);
    return row && toUser(row);
  }

  /** Applies to keys that are created or changed from now on. Throws `no_such_user`. */
  setCeiling(name: string, changes: Partial<Ceiling>): User {
    const database = this.#file.writing;
    database.transaction(() => {
      const ceiling = JSON.stringify({ ...ceilingOf(database, name), ...changes });
      if (database.run('UPDATE users SET ceiling = ? WHERE name = ?', ceiling, name) === 0) {
        throw noSuchUser(name);
      }
    });
    const user = this.get(name);
    if (!user) throw noSuchUser(name);
    return user;
  }
}

export function ceilingOf(database: Connection, user: string): Ceiling {
  return ceilingIn(database.get('SELECT ceiling FROM users WHERE name = ?', user));
}

function toUser(row: Row): User {
  return { name: String(row.name), role: parseRole(row.role), ceiling: ceilingIn(row) };
}

function ceilingIn(row: Row | undefined): Ceiling {
  return { ...defaultCeiling, ...JSON.parse(String(row?.ceiling ?? '{}')) };
}
