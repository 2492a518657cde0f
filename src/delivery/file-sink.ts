import { resolve } from 'node:path';
import { checkPrivateFile, readPrivateFile, writePrivateFile } from '../files/private-file.ts';
import type { Sink } from '../lifecycle/ports.ts';

/** `file:PATH`: the bare value, without a newline, as the whole content of a 0600 file. */
export function fileSink(name: string, path: string, cwd: string): Sink {
  const target = resolve(cwd, path);
  return {
    name,
    check: () => checkPrivateFile(target),
    deliver: ({ secret }) => writePrivateFile(target, secret.reveal()),
    readBack: async (secret) => (await readPrivateFile(target))?.toString('utf8') === secret.reveal(),
  };
}
