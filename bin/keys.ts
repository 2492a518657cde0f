import { realIo } from '../src/io.ts';
import { main } from '../src/main.ts';

const io = realIo();
void main(process.argv.slice(2), io).then((code) => {
  process.exitCode = code;
  // A command that was interrupted may have left something waiting.
  if (io.interrupt.aborted) process.exit();
});
