import { KeysError } from '../base/errors.ts';
import { shellWord } from '../base/shell-word.ts';

/* Why the authority refuses to manage a key, a user or a session. The server maps each code to an HTTP status. */

export function noSuchKey(id: string): KeysError {
  return new KeysError({ code: 'no_such_key', message: `no key has the id '${id}'` });
}

export function keyRevoked(key: { id: string; name: string }): KeysError {
  return new KeysError({
    code: 'key_revoked',
    message: `the key ${key.name} (${key.id}) is revoked, which is final`,
    hints: [`keys create ${shellWord(key.name)}`],
  });
}

export function keyLimitReached(limit: number): KeysError {
  return new KeysError({
    code: 'key_limit',
    message: `the limit of ${limit} active ${limit === 1 ? 'key' : 'keys'} is reached`,
    hints: ['keys list', 'keys revoke <key>'],
  });
}

export function keyExists(id: string): KeysError {
  return new KeysError({
    code: 'key_exists',
    message: `only one active key is allowed, and ${id} is active`,
    hints: [`keys revoke ${shellWord(id)}`],
  });
}

export function modelsNotEntitled(models: readonly string[]): KeysError {
  return new KeysError({
    code: 'model_not_entitled',
    message: `the organisation is not entitled to ${models.join(', ')}`,
  });
}

export function keyAlreadyRotated(id: string, successor: string): KeysError {
  return new KeysError({
    code: 'key_rotated',
    message: `the key ${id} is already rotated; rotate its successor ${successor}`,
    hints: [`keys show ${shellWord(successor)}`],
  });
}

export function invalidKey(problems: readonly string[]): KeysError {
  return new KeysError({ code: 'invalid_key', message: problems.join('; '), problems });
}

export function ceilingExceeded(field: string, limit: string): KeysError {
  return new KeysError({
    code: 'ceiling_exceeded',
    message: `${field}: above what this user may set: ${limit}`,
    hints: ['ask an admin'],
  });
}

export function noSuchUser(name: string): KeysError {
  return new KeysError({ code: 'no_such_user', message: `no user is named '${name}'` });
}

export function noSuchSession(id: string): KeysError {
  return new KeysError({
    code: 'no_such_session',
    message: `no session has the id '${id}'`,
    hints: ['keys session list'],
  });
}

export function sessionLimitReached(limit: number): KeysError {
  return new KeysError({
    code: 'session_limit',
    message: `the limit of ${limit} active sessions for this user is reached`,
    hints: ['end one: keys session revoke <id>'],
  });
}
