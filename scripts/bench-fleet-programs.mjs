// Runs the programs that a fleet delivers with, by themselves: `cp /dev/stdin <folder>/<number>`, each with a session and pipes
// of its own, from a Node.js program that does nothing else. Usage: node bench-fleet-programs.mjs <number> <at once> <folder>. It
// prints the milliseconds that they took.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [count, concurrency] = process.argv.slice(2, 4).map(Number);
const folder = process.argv[4];
const value = join(folder, 'value');
mkdirSync(folder, { recursive: true });
writeFileSync(value, 'sk-a1b2c3d4e5f6g7h8i9j0EXAMPLE');

let next = 0;
const startedAt = performance.now();
await Promise.all(
  Array.from({ length: concurrency }, async () => {
    while (next < count) await deliver(next++);
  }),
);
console.log(performance.now() - startedAt);

async function deliver(number) {
  // A pipe of Node's is a socket, which no program can open as /dev/stdin.
  const input = openSync(value);
  const stdio = [input, 'pipe', 'pipe'];
  const child = spawn('cp', ['/dev/stdin', join(folder, String(number))], { stdio, detached: true });
  closeSync(input);
  for (const output of [child.stdout, child.stderr]) output.resume();
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`cp ended with ${code}`);
}
