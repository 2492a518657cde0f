import { KeysError } from '../errors.ts';
import type { Key } from '../lifecycle/key.ts';
import type { Sink } from '../lifecycle/ports.ts';
import type { SinkContext } from './open-sinks.ts';
import { findProgram, requireSuccess, runVendor } from './vendor-program.ts';

/**
 * `exec:COMMAND…`: a program of the user's own, with the value on stdin. It has the secret when it ends with exit code
 * 0; whether it read all of it, and what it did with it, only it can know.
 */
export function execSink(name: string, command: readonly string[], context: SinkContext): Sink {
  const [program = '', ...templates] = command;
  return {
    name,
    check: async () => void (await findProgram(program, context)),
    async deliver({ secret, key }) {
      const args = templates.map((template) => filled(template, key));
      requireSuccess(program, await runVendor(program, { args, input: secret.reveal() }, context), secret);
    },
  };
}

/** `{name}` and `{id}` are what the server says: a name must not turn into a flag of the program. */
function filled(template: string, { id, name }: Pick<Key, 'id' | 'name'>): string {
  if (id === '' && template.includes('{id}')) {
    throw new KeysError({
      exit: 'failed',
      code: 'id_unknown',
      message: 'the API did not tell the id of the new key, which is to stand for {id}',
    });
  }
  const text = template.replace(/\{(name|id)\}/g, (_, field) => (field === 'id' ? id : name));
  if (!text.startsWith('-') || template.startsWith('-')) return text;
  throw new KeysError({
    exit: 'failed',
    code: 'argument_is_flag',
    message: `an argument that begins with ${template.slice(0, 6)} would begin with '-', and be taken for a flag`,
    hints: [`write something before it, as in --name=${template}`],
  });
}
