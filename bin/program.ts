import { main } from '../src/main.ts';
import { realIo } from '../src/platform/io.ts';
import { needsOrderlyEnd } from '../src/platform/orderly-end.ts';

const io = realIo();
let hasEnded = false;
// The exit code of a process that ends before its command does.
io.endsWith(1);
process.once('exit', () => {
  if (hasEnded) return;
  const text = 'error: keys ended before its command was done\nhint: keys recover --list\n';
  io.stderr.write(text).catch(() => {});
});
// A worker of `keys serve` gets its variables over the channel to the process that started it.
const started = process.connected ? import('../src/platform/workers/worker-link.ts') : undefined;
const run = async () => {
  await (await started)?.becomeWorker();
  return main(process.argv.slice(2), io);
};
void run().then((code) => {
  hasEnded = true;
  process.exitCode = code;
  // Nothing is pending that is still needed; taking all of Node.js down in good order takes milliseconds.
  if (io.interrupt.aborted || !needsOrderlyEnd()) process.exit();
});
