import {
  chmodSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  checkPrivateFile,
  readPrivateFile,
  writePrivateFile,
} from '../../../src/platform/files/private-file.ts';
import { failureIn } from '../../support/failure.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

function mode(path: string): string {
  return (statSync(path).mode & 0o777).toString(8);
}

/** Root may read and write everything, so tests of denied permissions are skipped for root. */
const asRoot = process.getuid?.() === 0;

describe('writing', () => {
  test('makes a file that only its owner can read', async () => {
    const path = join(temporaryFolder(), 'token');
    await writePrivateFile(path, 'sk_EXAMPLE');
    expect(readFileSync(path, 'utf8')).toBe('sk_EXAMPLE');
    expect(mode(path)).toBe('600');
  });

  test.each(['644', '666', '400'])('replaces a file of mode %s by one of mode 600', async (old) => {
    const path = join(temporaryFolder(), 'token');
    writeFileSync(path, 'a much longer old value');
    chmodSync(path, Number.parseInt(old, 8));
    await writePrivateFile(path, 'sk_EXAMPLE');
    expect(readFileSync(path, 'utf8')).toBe('sk_EXAMPLE');
    expect(mode(path)).toBe('600');
  });

  test('never widens a file, whatever the umask', async () => {
    const folder = temporaryFolder();
    const old = process.umask(0);
    onTestFinished(() => void process.umask(old));
    const modes = new Set<string>();
    const watcher = watch(folder, (_, name) => {
      try {
        if (name !== '.keys-tmp') modes.add(mode(join(folder, name ?? '')));
        for (const one of readdirSync(join(folder, '.keys-tmp')))
          modes.add(mode(join(folder, '.keys-tmp', one)));
      } catch {
        // Renamed in the meantime.
      }
    });
    for (let round = 0; round < 20; round++)
      await writePrivateFile(join(folder, 'token'), `sk_EXAMPLE_${round}`);
    watcher.close();
    modes.add(mode(join(folder, 'token')));
    expect([...modes]).toEqual(['600']);
  });

  test('replaces the file as a whole: a second name of the old one keeps the old content', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'token'), 'old');
    linkSync(join(folder, 'token'), join(folder, 'other'));
    await writePrivateFile(join(folder, 'token'), 'new');
    expect(readFileSync(join(folder, 'other'), 'utf8')).toBe('old');
  });

  test('leaves nothing but the file behind', async () => {
    const folder = temporaryFolder();
    await writePrivateFile(join(folder, 'token'), Buffer.from([0, 255]));
    expect(readdirSync(folder)).toEqual(['token']);
    expect([...readFileSync(join(folder, 'token'))]).toEqual([0, 255]);
  });
});

describe('an unwritable place is refused by the check and by the write, and not changed', () => {
  const uses: [string, (path: string) => Promise<unknown>][] = [
    ['check', checkPrivateFile],
    ['write', (path) => writePrivateFile(path, 'sk_EXAMPLE')],
  ];

  test.each(uses)('a symbolic link (%s)', async (_, work) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'target'), 'old');
    symlinkSync(join(folder, 'target'), join(folder, 'link'));
    expect(await failureIn(work(join(folder, 'link')))).toMatchObject({
      exit: 'failed',
      code: 'not_a_plain_file',
      message: `${join(folder, 'link')} is a symbolic link: a secret is written only to a plain file`,
    });
    expect(readFileSync(join(folder, 'target'), 'utf8')).toBe('old');
    expect(readdirSync(folder).sort()).toEqual(['link', 'target']);
  });

  test.each(uses)('a symbolic link to nowhere (%s)', async (_, work) => {
    const folder = temporaryFolder();
    symlinkSync(join(folder, 'nowhere'), join(folder, 'link'));
    expect((await failureIn(work(join(folder, 'link')))).code).toBe('not_a_plain_file');
    expect(readdirSync(folder)).toEqual(['link']);
  });

  test.each(uses)('a folder (%s)', async (_, work) => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'taken'));
    expect(await failureIn(work(join(folder, 'taken')))).toMatchObject({
      code: 'not_a_plain_file',
      message: `${join(folder, 'taken')} is a folder: a secret is written only to a plain file`,
    });
    expect(readdirSync(folder)).toEqual(['taken']);
  });

  test.each(uses)('a device (%s)', async (_, work) => {
    expect(await failureIn(work('/dev/null'))).toMatchObject({
      code: 'not_a_plain_file',
      message: '/dev/null is not a plain file: a secret is written only to a plain file',
    });
  });

  test.each(uses)('a folder that is missing (%s)', async (_, work) => {
    const folder = temporaryFolder();
    expect(await failureIn(work(join(folder, 'missing', 'token')))).toMatchObject({ exit: 'failed' });
    expect(readdirSync(folder)).toEqual([]);
  });

  test.each(uses)('a file in place of its folder (%s)', async (_, work) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'file'), 'old');
    expect(await failureIn(work(join(folder, 'file', 'token')))).toMatchObject({ exit: 'failed' });
    expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('old');
  });

  test.each(asRoot ? [] : uses)('a folder that is not writable (%s)', async (_, work) => {
    const folder = temporaryFolder();
    chmodSync(folder, 0o500);
    expect(await failureIn(work(join(folder, 'token')))).toMatchObject({ exit: 'failed' });
    chmodSync(folder, 0o700);
    expect(readdirSync(folder)).toEqual([]);
  });
});

test('the check suggests how to create a missing folder', async () => {
  const folder = temporaryFolder();
  expect(await failureIn(checkPrivateFile(join(folder, 'missing', 'token')))).toMatchObject({
    code: 'folder_missing',
    message: `the folder ${join(folder, 'missing')} does not exist`,
    hints: [`mkdir -p -m 700 '${join(folder, 'missing')}'`],
  });
});

test('the check leaves nothing behind, and changes nothing', async () => {
  const folder = temporaryFolder();
  await checkPrivateFile(join(folder, 'new'));
  expect(readdirSync(folder)).toEqual([]);
  writeFileSync(join(folder, 'old'), 'old');
  chmodSync(join(folder, 'old'), 0o644);
  await checkPrivateFile(join(folder, 'old'));
  expect([mode(join(folder, 'old')), readFileSync(join(folder, 'old'), 'utf8')]).toEqual(['644', 'old']);
});

test('a name too long for a file leaves no temporary file behind', async () => {
  const folder = temporaryFolder();
  const failure = await failureIn(writePrivateFile(join(folder, 'x'.repeat(256)), 'sk_EXAMPLE'));
  expect(failure).toMatchObject({ exit: 'failed', code: 'file_unreadable' });
  await writePrivateFile(join(folder, 'x'.repeat(255)), 'sk_EXAMPLE');
  expect(readdirSync(folder)).toEqual(['x'.repeat(255)]);
});

test('a folder that takes the name during the write leaves no temporary file behind', async () => {
  const folder = temporaryFolder();
  const failure = failureIn(writePrivateFile(join(folder, 'token'), 'sk_EXAMPLE'));
  while (readdirSync(folder).length === 0) await setImmediate();
  mkdirSync(join(folder, 'token'));
  expect(await failure).toMatchObject({ exit: 'failed', code: 'file_not_written' });
  expect(readdirSync(folder)).toEqual(['token']);
});

describe('reading', () => {
  test('returns the bytes of the file, or undefined if there is none', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'token'), Buffer.from([0, 255]));
    expect(await readPrivateFile(join(folder, 'token'))).toEqual(Buffer.from([0, 255]));
    expect(await readPrivateFile(join(folder, 'none'))).toBeUndefined();
    expect(await readPrivateFile(join(folder, 'none', 'token'))).toBeUndefined();
  });

  test.each(['token', 'none'])('removes what a killed process left beside it (%s)', async (name) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'token'), 'old');
    // As a process leaves it that is killed during its checks.
    mkdirSync(join(folder, '.keys-tmp'), { mode: 0o700 });
    writeFileSync(join(folder, '.keys-tmp', 'write.lock'), '', { mode: 0o600 });
    await readPrivateFile(join(folder, name));
    expect(readdirSync(folder)).toEqual(['token']);
  });

  test('does not follow a symbolic link', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'target'), 'old');
    symlinkSync(join(folder, 'target'), join(folder, 'link'));
    expect((await failureIn(readPrivateFile(join(folder, 'link')))).code).toBe('not_a_plain_file');
  });

  test.each(asRoot ? [] : ['EACCES'])('a file of another user is a failure with its path (%s)', async () => {
    const path = join(temporaryFolder(), 'token');
    writeFileSync(path, 'old', { mode: 0o000 });
    expect(await failureIn(readPrivateFile(path))).toMatchObject({
      exit: 'failed',
      code: 'file_unreadable',
      message: `${path} cannot be read (EACCES)`,
    });
  });
});
