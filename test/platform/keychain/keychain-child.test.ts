import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { keychainProgram } from '../../../src/platform/keychain/keychain-process.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** A binding that writes down what it is told to keep. */
const binding = (kept: string) => `
const { writeFileSync } = require('node:fs');
exports.AsyncEntry = class {
  async setPassword(value) { writeFileSync(${JSON.stringify(kept)}, value); }
};
`;

/** What the process for the keychain keeps, that was started by this one and told so about its parent. */
async function keptFor(parent: number): Promise<string | undefined> {
  const folder = temporaryFolder();
  const [library, kept] = [join(folder, 'binding.cjs'), join(folder, 'kept')];
  writeFileSync(library, binding(kept));
  const args = ['-e', keychainProgram, library, 'keys-cli-test', String(parent)];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'ignore'] });
  const lines = createInterface({ input: child.stdout });
  child.stdin.write(`${JSON.stringify({ operation: 'write', account: 'a', value: 'sk_EXAMPLE' })}\n`);
  // Its lines end when it does, with or without the answer.
  for await (const line of lines) if (line.includes('"answer"')) break;
  child.kill('SIGKILL');
  return existsSync(kept) ? readFileSync(kept, 'utf8') : undefined;
}

test('a value is written for the process that asked for it', async () => {
  expect(await keptFor(process.pid)).toBe('sk_EXAMPLE');
});

test('a value is not written any more once that process has ended', async () => {
  expect(await keptFor(process.pid + 1)).toBeUndefined();
});
