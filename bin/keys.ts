// What a shell starts. The program itself is compiled from what earlier runs have kept, except where that saves nothing.
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { version } from '../package.json';
import { runFromCache } from '../src/platform/code-cache.ts';
import { startKeychainEarly } from '../src/platform/keychain/early-keychain.ts';

const [word = '', ...others] = process.argv.slice(2);
const isVersion = others.length === 0 && /^(?:--version|-[vV])$/.test(word);
if (!isVersion || !isWritten(`${version}\n`)) {
  const isKept = !isVersion && word !== 'serve';
  if (isKept) startKeychainEarly(join(__dirname, 'keychain-child.cjs'), process.argv.slice(2), process.env);
  try {
    runFromCache('./program.cjs', isKept ? word : undefined);
  } catch (error) {
    // No part of the program is there that could tell it better.
    writeSync(2, `error: ${(error as Error).message}\n`);
    // The process that was started for the keychain would keep this one waiting.
    process.exit(1);
  }
}

/** Scripts ask for the version often: it takes no program. Whatever is wrong with stdout, the program knows what to do. */
function isWritten(text: string): boolean {
  try {
    return writeSync(1, text) === text.length;
  } catch {
    return false;
  }
}
