import { writeSync } from 'node:fs';
import { loadBinding } from './load-binding.ts';
import { readFirstLine } from './read-lines.ts';
import { serveKeychain } from './serve-keychain.ts';

/*
 * An entry of the bundle: the process that talks to the keychain. Its arguments are the service and the id of the process
 * that started it; values travel through its pipes only.
 */

const [, , service = '', parent] = process.argv;
const binding = loadBinding();
binding.catch(() => {});
// The request may not have been sent yet: the binding is loaded first.
setImmediate(() => {
  serveKeychain({
    service,
    loadBinding: () => binding,
    // Opening streams takes longer than asking the keychain. On Windows, only they can read such a pipe.
    firstRequest: process.platform === 'win32' ? undefined : readFirstLine(0),
    get requests() {
      return process.stdin;
    },
    reply: (reply) => void writeSync(1, `${JSON.stringify(reply)}\n`),
    isOrphaned: () => String(process.ppid) !== parent,
    // Only a signal ends a process whose threads are stuck.
    end: () => void process.kill(process.pid, 'SIGKILL'),
  });
});
