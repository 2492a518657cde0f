import { KeysError } from '../base/errors.ts';

/** `reason`: `, Project Not Found`, as the API explains it. */
export function noSuchKey(id: string, reason = ''): KeysError {
  return new KeysError({
    code: 'no_such_key',
    message: `the API has no key '${id}'${reason.replace(/^,/, ':')}`,
    hints: ['keys list --status all'],
  });
}
