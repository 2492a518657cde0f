import { realIo } from '../src/io.ts';
import { main } from '../src/main.ts';

const io = realIo();
// A process that ends before its command has not done what it was asked for.
io.endsWith(1);
void main(process.argv.slice(2), io).then((code) => {
  process.exitCode = code;
  // A command that was interrupted may have left something waiting.
  if (io.interrupt.aborted) process.exit();
});
