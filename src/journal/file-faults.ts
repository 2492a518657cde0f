import { basename, dirname } from 'node:path';
import { KeysError, systemCode } from '../base/errors.ts';

export function unreadable(path: string, reason: string, cause?: unknown): KeysError {
  return new KeysError({
    code: 'operation_unreadable',
    message: `${path} cannot be read as an operation: ${reason}`,
    hints: [`ls -l '${path}'`, 'find out what it was about; once that is settled, remove it'],
    operation: basename(path, '.jsonl'),
    cause,
  });
}

export function notWritten(path: string, error: unknown): KeysError {
  if (error instanceof KeysError) return error;
  return new KeysError({
    code: 'journal_not_written',
    message: `${path} could not be written (${systemCode(error) ?? 'unknown error'}): without a journal, secrets could be lost`,
    hints: ['choose another folder with KEYS_HOME (keys help environment)', `ls -ld '${dirname(path)}'`],
    cause: error,
  });
}
