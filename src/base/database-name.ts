import type { KeysError } from './errors.ts';
import { usageError } from './errors.ts';

/* How a user names the authority's database: the path of a file, or the URL of a PostgreSQL database. */

/** Whether the name of a database is a URL rather than the path of a file. */
export function isDatabaseUrl(name: string): boolean {
  return /^postgres(ql)?:/i.test(name);
}

/** Whether a URL holds a password, or may hold one because it cannot be read. */
export function mayHavePassword(url: string): boolean {
  if (!URL.canParse(url)) return /:[^/]*@|password=/i.test(url);
  const { password, searchParams } = new URL(url);
  return password !== '' || searchParams.has('password');
}

/** The message for a URL with a password. Never repeats the URL. */
export const passwordInUrlMessage =
  'a password in a database URL ends up in lists of processes and in logs; nothing was connected';

export function passwordInUrl(): KeysError {
  return usageError(
    passwordInUrlMessage,
    'leave it out of the URL, and set PGPASSWORD or write it to ~/.pgpass (chmod 600)',
  );
}
