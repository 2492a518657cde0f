import { resolve } from 'node:path';
import type { Sink } from '../keys/ports.ts';
import {
  checkPrivateFile,
  readPrivateFile,
  removeStaleCopies,
  writePrivateFile,
} from '../platform/files/private-file.ts';
import type { SinkContext } from './context.ts';
import { absentValue, currentValue } from './current-value.ts';
import { requireIgnored } from './git-ignored.ts';

/** `file:PATH`: the bare value, without a newline, as the whole content of a 0600 file. */
export function fileSink(name: string, path: string, context: SinkContext): Sink {
  const target = resolve(context.cwd, path);
  return {
    name,
    check: async () => {
      await checkPrivateFile(target);
      await requireIgnored(target, context);
    },
    deliver: ({ secret }) => writePrivateFile(target, secret.reveal()),
    read: () =>
      currentValue(async () => (await readPrivateFile(target))?.toString('utf8') ?? absentValue(target)),
    removeLeftovers: () => removeStaleCopies(target),
  };
}
