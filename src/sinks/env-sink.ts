import { resolve } from 'node:path';
import type { Sink } from '../keys/ports.ts';
import {
  changePrivateFile,
  checkPrivateFile,
  readPrivateFile,
  removeStaleCopies,
} from '../platform/files/private-file.ts';
import type { SinkContext } from './context.ts';
import { absentValue, currentValue } from './current-value.ts';
import { readVariable, setVariable } from './dotenv.ts';
import { requireIgnored } from './git-ignored.ts';

/** `env:PATH#NAME`: one variable of a dotenv file, which becomes 0600; its other bytes are not changed. */
export function envSink(name: string, path: string, variable: string, context: SinkContext): Sink {
  const target = resolve(context.cwd, path);
  const readTarget = async () => (await readPrivateFile(target)) ?? Buffer.alloc(0);
  return {
    name,
    check: async () => {
      await checkPrivateFile(target);
      await requireIgnored(target, context);
      // Refuses a file in which the variable cannot be set before there is a secret to lose.
      setVariable(await readTarget(), variable, 'value');
    },
    deliver: ({ secret }) =>
      changePrivateFile(target, (content = Buffer.alloc(0)) =>
        setVariable(content, variable, secret.reveal()),
      ),
    read: () =>
      currentValue(async () => {
        const content = await readPrivateFile(target);
        return content ? (readVariable(content, variable) ?? null) : absentValue(target);
      }),
    removeLeftovers: () => removeStaleCopies(target),
  };
}
