import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { TokenOwner } from '../../../src/accounts/tokens/token-context.ts';
import { openStore } from '../../../src/accounts/tokens/token-store.ts';
import { Secret } from '../../../src/base/secret.ts';
import { memoryKeychain } from '../../support/fake-keychain.ts';
import { TokenBox } from '../../support/token-box.ts';

const owner: TokenOwner = { profile: 'work', origin: 'https://api.example.com' };
const home: TokenOwner = { profile: 'home', origin: 'https://api.example.com' };

function fileIn(box: TokenBox): string {
  const file = join(box.home, 'data', 'tokens.json');
  box.expectTokenIn(file);
  return file;
}

test('a keychain that does not return the stored token is an error', async () => {
  const box = new TokenBox();
  const token = new Secret(box.token());
  const forgetful = { ...memoryKeychain(), write: async () => {} };
  const failure = await box.failure(
    openStore('keychain', box.context({}, { keychain: forgetful })).write(owner, token),
  );
  expect(failure).toEqual({
    exit: 'auth',
    code: 'token_not_stored',
    message:
      'the test keychain stored the token, but returned a different value when it was read back; you are not logged in',
    hints: ['store it in a file that only you can read: keys login --store file --profile work'],
  });

  const items = new Map<string, string>();
  const cutting = {
    ...memoryKeychain(items),
    write: async (account: string, value: string) => void items.set(account, value.slice(0, 20)),
  };
  const cut = openStore('keychain', box.context({}, { keychain: cutting })).write(owner, token);
  expect((await box.failure(cut)).code).toBe('token_not_stored');
});

test('the file of tokens is private, and holds one per profile and origin', async () => {
  const box = new TokenBox();
  const file = fileIn(box);
  const [first, second] = [box.token(), box.token()];
  const store = openStore('file', box.context());
  expect(await store.read(owner)).toBeUndefined();
  expect(await store.remove(owner)).toBe(false);
  expect(existsSync(box.home)).toBe(false);

  await store.write(owner, new Secret(first));
  await store.write(home, new Secret(second));
  expect(box.mode(file)).toBe('600');
  expect(box.mode(join(box.home, 'data'))).toBe('700');
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({
    'work@https://api.example.com': first,
    'home@https://api.example.com': second,
  });
  expect((await store.read(owner))?.reveal()).toBe(first);
  expect(await store.read({ ...owner, origin: 'https://api.example.org' })).toBeUndefined();

  expect(await store.remove(owner)).toBe(true);
  expect(await store.remove(owner)).toBe(false);
  expect(await store.read(owner)).toBeUndefined();
  expect((await store.read(home))?.reveal()).toBe(second);
});

test('concurrent logins do not overwrite each other', async () => {
  const box = new TokenBox();
  const file = fileIn(box);
  const profiles = Array.from({ length: 12 }, (_, index) => `p${index}`);
  await Promise.all(
    profiles.map((profile) =>
      openStore('file', box.context()).write({ ...owner, profile }, new Secret(box.token())),
    ),
  );
  expect(Object.keys(JSON.parse(readFileSync(file, 'utf8')))).toHaveLength(12);
  expect(existsSync(`${file}.lock`)).toBe(false);
});

test('a token file may begin with a byte order mark', async () => {
  const box = new TokenBox();
  const file = fileIn(box);
  const token = box.token();
  const store = openStore('file', box.context());
  await store.write(owner, new Secret(token));
  writeFileSync(file, `\ufeff${readFileSync(file, 'utf8')}`, { mode: 0o600 });
  expect((await store.read(owner))?.reveal()).toBe(token);
});

test('a token file that others can read is refused, for reading and writing', async () => {
  const box = new TokenBox();
  const file = fileIn(box);
  const store = openStore('file', box.context());
  await store.write(owner, new Secret(box.token()));
  chmodSync(file, 0o644);
  const failure = await box.failure(store.read(owner));
  expect(failure).toMatchObject({ exit: 'auth', code: 'token_file_open', hints: [`chmod 600 '${file}'`] });
  expect((await box.failure(store.write(owner, new Secret(box.token())))).code).toBe('token_file_open');
  expect((await box.failure(store.remove(owner))).code).toBe('token_file_open');
});

test('a damaged token file is reported, but neither quoted nor replaced', async () => {
  const box = new TokenBox();
  const file = fileIn(box);
  const token = box.token();
  mkdirSync(join(box.home, 'data'), { recursive: true });
  for (const content of [`{"work": "${token}"`, `["${token}"]`, `{"work": {"token": "${token}"}}`, 'null']) {
    writeFileSync(file, content, { mode: 0o600 });
    const store = openStore('file', box.context());
    const failure = await box.failure(store.read(owner));
    expect(failure).toMatchObject({
      exit: 'auth',
      code: 'token_file_faulty',
      message: `${file} is not a JSON object of strings`,
    });
    expect((await box.failure(store.write(owner, new Secret(box.token())))).code).toBe('token_file_faulty');
    expect(readFileSync(file, 'utf8')).toBe(content);
  }
});

test('a token file behind a symbolic link is refused', async () => {
  const box = new TokenBox();
  fileIn(box);
  box.expectTokenIn('elsewhere.json');
  mkdirSync(join(box.home, 'data'), { recursive: true });
  writeFileSync(join(box.cwd, 'elsewhere.json'), '{}', { mode: 0o600 });
  symlinkSync(join(box.cwd, 'elsewhere.json'), join(box.home, 'data', 'tokens.json'));
  const store = openStore('file', box.context());
  expect(await box.failure(store.read(owner))).toMatchObject({ exit: 'auth', code: 'not_a_plain_file' });
  expect((await box.failure(store.write(owner, new Secret(box.token())))).exit).toBe('auth');
  expect(readFileSync(join(box.cwd, 'elsewhere.json'), 'utf8')).toBe('{}');
});

test('a data folder that cannot be created is an error, not a bug', async () => {
  const box = new TokenBox();
  writeFileSync(box.home, 'in the way');
  const failure = await box.failure(openStore('file', box.context()).write(owner, new Secret(box.token())));
  expect(failure).toMatchObject({
    code: 'folder_not_writable',
    message: `${join(box.home, 'data')} cannot be created (ENOTDIR)`,
  });
});
