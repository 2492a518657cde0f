import { main } from '../src/main.ts';
import { realIo } from '../src/platform/io.ts';

const io = realIo();
let hasEnded = false;
// A process that ends before its command has not done what it was asked for.
io.endsWith(1);
process.once('exit', () => {
  if (hasEnded) return;
  const text = 'error: keys was ended before its command had ended\nhint: keys recover --list\n';
  io.stderr.write(text).catch(() => {});
});
void main(process.argv.slice(2), io).then((code) => {
  hasEnded = true;
  process.exitCode = code;
  // A command that was interrupted may have left something waiting.
  if (io.interrupt.aborted) process.exit();
});
