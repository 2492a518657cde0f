import { KeysError } from '../base/errors.ts';
import type { Sink } from '../keys/ports.ts';
import type { SinkContext } from './context.ts';
import { checkPlaceholders, fillPlaceholders } from './placeholders.ts';
import { findProgram, requireSuccess, runVendor } from './vendor-program.ts';

/**
 * `exec:COMMAND…`: a program of the user, with the value on stdin. Exit code 0 counts as delivered; whether the program
 * read all of it, and what it did with it, only the program knows.
 */
export function execSink(name: string, command: readonly string[], context: SinkContext): Sink {
  const [program = ''] = command;
  return {
    name,
    async check(plannedKey) {
      checkPlaceholders(command, plannedKey);
      await findProgram(program, context);
    },
    async deliver({ secret, key }) {
      if (key.id === '' && command.some((word) => word.includes('{id}'))) throw idUnknown();
      const args = fillPlaceholders(command, key);
      requireSuccess(program, await runVendor(program, { args, input: secret.reveal() }, context), secret);
    },
  };
}

function idUnknown(): KeysError {
  return new KeysError({
    code: 'id_unknown',
    message: 'the API did not return the id of the new key, which {id} needs',
  });
}
