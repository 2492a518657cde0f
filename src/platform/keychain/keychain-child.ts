import { serveKeychain } from './serve-keychain.ts';

/*
 * An entry of the bundle: the process that talks to the keychain. Its arguments are the service and the id of the process
 * that started it; values travel through its pipes only.
 */

const [, , service = '', parent] = process.argv;
serveKeychain({
  service,
  loadBinding: () => import('@napi-rs/keyring'),
  requests: process.stdin,
  reply: (reply) => void process.stdout.write(`${JSON.stringify(reply)}\n`),
  isOrphaned: () => String(process.ppid) !== parent,
  // Only a signal ends a process whose threads are stuck.
  end: () => void process.kill(process.pid, 'SIGKILL'),
});
