// Many keys, and uses of them, for the benchmarks.
import { createHash, randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { root } from './setup.mjs';

/** Puts keys, and uses of them, into the database of a home, as the program lays it out. There has to be a key already. */
export function fillDatabase(home, keyCount, useCount) {
  const Database = createRequire(join(root, 'package.json'))('libsql');
  const database = new Database(join(home, 'data', 'authority.db'));
  const keys = database.prepare(
    `INSERT INTO keys (id, name, description, prefix, secret_hash, created_at, made_at, permissions, models, labels)
     VALUES (?, ?, ?, ?, ?, ?, ?, '["read"]', '[]', '{"team":"search"}')`,
  );
  const uses = database.prepare(
    `INSERT INTO uses (key_id, at, method, path, status, requests, tokens, cost_micros)
     VALUES (?, ?, 'POST', '/v1/chat', 200, 1, 12, 1000)`,
  );
  const now = Date.now();
  database.exec('BEGIN');
  for (let number = 0; number < keyCount; number++) {
    const [id, at] = [idOf(number), now - (keyCount - number) * 300_000];
    keys.run([id, `service-${number}`, `the key of service ${number}`, `sk_${id}`, randomBytes(32), at, at]);
  }
  for (let number = 0; number < useCount; number++)
    uses.run([idOf(number % keyCount), now - (useCount - number) * 100]);
  database.exec('COMMIT');
  database.close();
}

export function idOf(number) {
  return createHash('sha1').update(String(number)).digest('hex').slice(0, 16);
}
