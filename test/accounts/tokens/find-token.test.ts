import { execFileSync } from 'node:child_process';
import {
  accessSync,
  chmodSync,
  chownSync,
  constants,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { findToken } from '../../../src/accounts/tokens/find-token.ts';
import { runTokenCommand } from '../../../src/accounts/tokens/token-command.ts';
import type { TokenOwner } from '../../../src/accounts/tokens/token-context.ts';
import { openStore } from '../../../src/accounts/tokens/token-store.ts';
import { Secret } from '../../../src/base/secret.ts';
import { brokenKeychain, memoryKeychain } from '../../support/fake-keychain.ts';
import { TokenBox } from '../../support/token-box.ts';

const owner: TokenOwner = { profile: 'work', origin: 'https://api.example.com' };

/** A `tokenCommand` that is a line of JavaScript. */
function node(script: string): TokenOwner {
  return { ...owner, tokenCommand: [process.execPath, '-e', script] };
}

function tokenFile(box: TokenBox, content: string, mode = 0o600): string {
  box.expectTokenIn('session.token');
  const path = join(box.cwd, 'session.token');
  writeFileSync(path, content, { mode });
  chmodSync(path, mode);
  return path;
}

test('the first source with a token wins: variable, file, command, store', async () => {
  const box = new TokenBox();
  const tokens = [box.token(), box.token(), box.token(), box.token()];
  const [variable = '', inFile = '', printed = '', stored = ''] = tokens;
  tokenFile(box, `${inFile}\n`);
  box.expectTokenIn('print.mjs');
  writeFileSync(join(box.cwd, 'print.mjs'), `console.log(${JSON.stringify(printed)})`);
  const keychain = memoryKeychain();
  await openStore('keychain', box.context({}, { keychain })).write(owner, new Secret(stored));

  const command = { ...owner, tokenCommand: [process.execPath, 'print.mjs'] };
  const look = async (env: Record<string, string>, who: TokenOwner) => {
    const found = await findToken(who, box.context(env, { keychain }));
    return [found?.source, found?.token.reveal()];
  };
  const both = { KEYS_TOKEN: variable, KEYS_TOKEN_FILE: 'session.token' };
  expect(await look(both, command)).toEqual(['KEYS_TOKEN', variable]);
  expect(await look({ ...both, KEYS_TOKEN: '' }, command)).toEqual(['KEYS_TOKEN_FILE', inFile]);
  expect(await look({}, command)).toEqual(['tokenCommand', printed]);
  expect(await look({}, owner)).toEqual(['keychain', stored]);
});

test('with a token file chosen at login, the keychain is not used', async () => {
  const box = new TokenBox();
  const token = box.token();
  const context = box.context({}, { keychain: brokenKeychain('asked') });
  box.expectTokenIn(join(box.home, 'data', 'tokens.json'));
  await openStore('file', context).write(owner, new Secret(token));
  const found = await findToken({ ...owner, store: 'file' }, context);
  expect(found?.source).toBe('file');
  expect(found?.token.reveal()).toBe(token);
  // Without that choice, a keychain that fails never leads to the file.
  await expect(findToken(owner, context)).rejects.toThrow('asked');
});

test('only the first line of the file counts, without its line end and byte order mark', async () => {
  const box = new TokenBox();
  const token = box.token();
  tokenFile(box, `\uFEFF${token}  \r\nmade by hand\n`);
  const found = await findToken(owner, box.context({ KEYS_TOKEN_FILE: 'session.token' }));
  expect(found?.token.reveal()).toBe(token);
});

test('what is not a token is refused, and not repeated', async () => {
  const box = new TokenBox();
  const token = box.token();
  const failure = async (text: string) => box.failure(findToken(owner, box.context({ KEYS_TOKEN: text })));
  expect(await failure(`Bearer ${token}`)).toMatchObject({ exit: 'auth', code: 'token_malformed' });
  expect(await failure(`${token}\nX-Other: 1`)).toMatchObject({ exit: 'auth', code: 'token_malformed' });
  expect(await failure(`${token}ö`)).toMatchObject({ exit: 'auth', code: 'token_malformed' });
  expect(await failure('  \n')).toMatchObject({ exit: 'auth', code: 'token_empty' });
  tokenFile(box, '\n');
  const empty = box.failure(findToken(owner, box.context({ KEYS_TOKEN_FILE: 'session.token' })));
  expect((await empty).code).toBe('token_empty');
});

test('a token file that others can read is used with a warning and the command to close it', async () => {
  // Not below /dev, where temporary files may be: there a mode is not up to the user.
  const box = new TokenBox(process.platform === 'win32' ? undefined : '/var/tmp');
  const path = tokenFile(box, box.token(), 0o644);
  const warnings: string[] = [];
  const warn = async (text: string) => void warnings.push(text);
  const context = box.context({ KEYS_TOKEN_FILE: path }, { warn });
  for (const [mode, octal] of [
    [0o644, '0644'],
    [0o640, '0640'],
  ] as const) {
    chmodSync(path, mode);
    expect((await findToken(owner, context))?.source).toBe('KEYS_TOKEN_FILE');
    const warning = `${path} contains a token and is readable by others (${octal}): chmod 600 '${path}'`;
    expect(warnings.splice(0)).toEqual([warning]);
  }
  chmodSync(path, 0o400);
  expect((await findToken(owner, context))?.source).toBe('KEYS_TOKEN_FILE');
  expect(warnings).toEqual([]);
});

test.skipIf(!canWrite('/run'))('a secret that is mounted below /run may be open to others', async () => {
  const box = new TokenBox();
  const token = box.token();
  const folder = mkdtempSync('/run/keys-test-');
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'token');
  writeFileSync(path, token, { mode: 0o444 });
  symlinkSync(path, join(box.cwd, 'link'));
  box.expectTokenIn('link');
  for (const name of [path, 'link']) {
    const found = await findToken(owner, box.context({ KEYS_TOKEN_FILE: name }));
    expect(found?.token.reveal()).toBe(token);
  }
});

test.skipIf(process.getuid?.() !== 0)(
  'a file of another user may be open: its mode is not up to this one',
  async () => {
    const box = new TokenBox();
    const token = box.token();
    chownSync(tokenFile(box, token, 0o644), 12345, 12345);
    const found = await findToken(owner, box.context({ KEYS_TOKEN_FILE: 'session.token' }));
    expect(found?.token.reveal()).toBe(token);
  },
);

test.skipIf(process.platform === 'win32')('a pipe is read like a file', async () => {
  const box = new TokenBox();
  const token = box.token();
  execFileSync('mkfifo', ['-m', '644', join(box.cwd, 'pipe')]);
  const found = findToken(owner, box.context({ KEYS_TOKEN_FILE: 'pipe' }));
  await writeFile(join(box.cwd, 'pipe'), `${token}\n`);
  expect((await found)?.token.reveal()).toBe(token);
});

test('a token file that is missing or a folder is an error that names it', async () => {
  const box = new TokenBox();
  for (const [name, reason] of [
    ['nowhere', 'ENOENT'],
    ['.', 'EISDIR: it is a folder'],
  ] as const) {
    const failure = await box.failure(findToken(owner, box.context({ KEYS_TOKEN_FILE: name })));
    expect(failure).toMatchObject({
      exit: 'auth',
      code: 'token_file_unreadable',
      message: `KEYS_TOKEN_FILE: ${join(box.cwd, name)} cannot be read (${reason})`,
    });
  }
});

test('a tokenCommand runs without a shell and without input, with unchanged arguments', async () => {
  const box = new TokenBox();
  const script = 'process.stdin.on("data", () => {}).on("end", () => console.log(process.argv[1]))';
  const who = { ...owner, tokenCommand: [process.execPath, '-e', script, '$HOME;`id`EXAMPLE'] };
  expect((await findToken(who, box.context()))?.token.reveal()).toBe('$HOME;`id`EXAMPLE');
});

test('a tokenCommand that fails is reported with its exit code, without its output', async () => {
  const box = new TokenBox();
  const token = box.token();
  box.expectTokenIn('fail.mjs');
  const line = `bad session ${token} and sk-live_0123456789abcdefghijEXAMPLE, log in at the vault`;
  writeFileSync(
    join(box.cwd, 'fail.mjs'),
    `console.log(${JSON.stringify(token)}); console.error(${JSON.stringify(`first\n${line}`)}); process.exitCode = 3;`,
  );
  const who = { ...owner, tokenCommand: [process.execPath, 'fail.mjs', 'an-argument'] };
  const failure = await box.failure(findToken(who, box.context()));
  expect(failure).toMatchObject({
    exit: 'auth',
    code: 'token_command_failed',
    message: `the tokenCommand of the profile work (${process.execPath}) failed with exit code 3`,
  });
});

test('a tokenCommand that does not exist, prints nothing or prints without end is an error', async () => {
  const box = new TokenBox();
  const failure = (who: TokenOwner) => box.failure(findToken(who, box.context()));
  expect((await failure({ ...owner, tokenCommand: ['no-such-program'] })).message).toBe(
    'the tokenCommand of the profile work (no-such-program) was not found (ENOENT)',
  );
  expect((await failure(node(''))).code).toBe('token_empty');
  const endless = await failure(node('setInterval(() => process.stdout.write("x".repeat(9999)), 1)'));
  expect(endless.message).toBe(
    `the tokenCommand of the profile work (${process.execPath}) prints without end`,
  );
});

test('a tokenCommand that never ends is ended after its timeout', async () => {
  const box = new TokenBox();
  const script = 'require("node:fs").writeFileSync("pid", String(process.pid)); setTimeout(() => {}, 20_000)';
  const failure = await box.failure(
    runTokenCommand([process.execPath, '-e', script], 'work', box.context(), 500),
  );
  expect(failure.message).toBe(
    `the tokenCommand of the profile work (${process.execPath}) has not ended after 0.5 s`,
  );
  const pid = Number(readFileSync(join(box.cwd, 'pid'), 'utf8'));
  await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow('ESRCH'));
});

function canWrite(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
