import { KeysError } from '../base/errors.ts';
import { shellWord } from '../base/shell-word.ts';

/* What the authority refuses to whoever manages keys. `server/fault.ts` has the HTTP status of each code. */

export function noSuchKey(id: string): KeysError {
  return new KeysError({ code: 'no_such_key', message: `no key has the id '${id}'` });
}

export function revokedForGood(key: { id: string; name: string }): KeysError {
  return new KeysError({
    code: 'key_revoked',
    message: `the key ${key.name} (${key.id}) is revoked, which is final`,
    hints: [`keys create ${shellWord(key.name)}`],
  });
}

export function tooManyKeys(limit: number): KeysError {
  return new KeysError({
    code: 'key_limit',
    message: `there are ${limit} live keys already, as many as there may be`,
    hints: ['keys list', 'keys revoke <key>'],
  });
}

export function keyExists(id: string): KeysError {
  return new KeysError({
    code: 'key_exists',
    message: `there is a live key already (${id}), and room for one only`,
    hints: [`keys revoke ${shellWord(id)}`],
  });
}

export function notEntitled(models: readonly string[]): KeysError {
  return new KeysError({
    code: 'model_not_entitled',
    message: `the organisation is not entitled to ${models.join(', ')}`,
  });
}

export function rotatedBefore(id: string, by: string): KeysError {
  return new KeysError({
    code: 'key_rotated',
    message: `the key ${id} was rotated before, and ${by} took its place: rotate that one`,
    hints: [`keys show ${shellWord(by)}`],
  });
}

export function databaseGone(path: string): KeysError {
  return new KeysError({
    code: 'authority_gone',
    message: `the authority's database ${path} was removed or replaced while it was open`,
    hints: ['put it back (keys restore <file>), then start the server again'],
  });
}

export function invalidKey(problems: readonly string[]): KeysError {
  return new KeysError({ code: 'invalid_key', message: problems.join('; '), problems });
}

export function ceilingExceeded(field: string, allowed: string): KeysError {
  return new KeysError({
    code: 'ceiling_exceeded',
    message: `${field}: more than this user may give a key: ${allowed}`,
    hints: ['ask an admin'],
  });
}

export function noSuchUser(name: string): KeysError {
  return new KeysError({ code: 'no_such_user', message: `no user is named '${name}'` });
}

export function tooManySessions(limit: number): KeysError {
  return new KeysError({
    code: 'session_limit',
    message: `there are ${limit} live sessions of this user already, as many as there may be`,
    hints: ['end one: keys session revoke <id>'],
  });
}

/** `traces`: the files that tell that there was one. */
export function databaseMissing(
  path: string,
  traces: readonly string[],
  what: 'is gone' | 'is empty',
): KeysError {
  return new KeysError({
    code: 'authority_missing',
    message: `the authority's database ${path} ${what}, and with it all keys that were issued here`,
    hints: [
      'put it back: keys restore <file>',
      `to start over without them: rm -f ${[path, ...traces].map(shellWord).join(' ')}`,
    ],
  });
}
