import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import {
  changePrivateFile,
  checkPrivateFile,
  removeStaleCopies,
} from '../../../src/platform/files/private-file.ts';
import { removePrivateFolder, withPrivateFolder } from '../../../src/platform/files/private-folder.ts';
import { failureIn } from '../../support/failure.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const asRoot = process.getuid?.() === 0;

test('is private, ignored by git, used by one process at a time, and removed afterwards', async () => {
  const parent = temporaryFolder();
  let inside = 0;
  await Promise.all(
    Array.from({ length: 12 }, () =>
      withPrivateFolder(parent, async (folder) => {
        expect(++inside).toBe(1);
        expect((statSync(folder).mode & 0o777).toString(8)).toBe('700');
        expect(readFileSync(join(folder, '.gitignore'), 'utf8')).toBe('*\n');
        writeFileSync(join(folder, 'new'), '', { flag: 'wx' });
        await sleep(2);
        inside--;
      }),
    ),
  );
  expect(readdirSync(parent)).toEqual([]);
});

test('files left by a killed process are removed by the next one, and by a cleanup', async () => {
  const parent = temporaryFolder();
  const folder = join(parent, '.keys-tmp');
  const leave = () => {
    mkdirSync(folder, { mode: 0o700 });
    for (const name of ['new', '.gitignore', 'write.lock', '.hidden']) writeFileSync(join(folder, name), '');
    mkdirSync(join(folder, 'folder'));
  };
  leave();
  await withPrivateFolder(parent, async () =>
    expect(readdirSync(folder).sort()).toEqual(['.gitignore', 'write.lock']),
  );
  expect(readdirSync(parent)).toEqual([]);
  leave();
  await removeStaleCopies(join(parent, '.env'));
  expect(readdirSync(parent)).toEqual([]);
});

test('a folder of the user that others can write to is closed and emptied before use', async () => {
  const parent = temporaryFolder();
  const folder = join(parent, '.keys-tmp');
  mkdirSync(folder);
  chmodSync(folder, 0o777);
  writeFileSync(join(folder, 'new'), 'planted');
  await withPrivateFolder(parent, async () => {
    expect((statSync(folder).mode & 0o777).toString(8)).toBe('700');
    expect(readdirSync(folder).sort()).toEqual(['.gitignore', 'write.lock']);
  });
  expect(readdirSync(parent)).toEqual([]);
});

test('a cleanup creates no folder, and leaves one that is in use alone', async () => {
  const parent = temporaryFolder();
  await removePrivateFolder(parent);
  await removePrivateFolder(join(parent, 'missing'));
  expect(readdirSync(parent)).toEqual([]);
  await withPrivateFolder(parent, async (folder) => {
    writeFileSync(join(folder, 'new'), '');
    await removePrivateFolder(parent);
    expect(existsSync(join(folder, 'new'))).toBe(true);
  });
});

test('changes to one file follow each other', async () => {
  const path = join(temporaryFolder(), 'count');
  await Promise.all(
    Array.from({ length: 15 }, () => changePrivateFile(path, (old) => String(Number(old ?? 0) + 1))),
  );
  expect(readFileSync(path, 'utf8')).toBe('15');
});

const planted: [string, (folder: string) => void][] = [
  ['a file', (folder) => writeFileSync(folder, '')],
  ['a FIFO', (folder) => void spawnSync('mkfifo', [folder])],
  ['a symbolic link', (folder) => symlinkSync('elsewhere', folder)],
  ['a symbolic link to nowhere', (folder) => symlinkSync('nowhere', folder)],
  ...(asRoot
    ? [
        [
          'a folder of another user',
          (folder: string) => {
            mkdirSync(folder, { mode: 0o700 });
            chownSync(folder, 12345, 12345);
          },
        ] as [string, (folder: string) => void],
      ]
    : []),
];

test.each(planted)('%s in its place is refused by the check, and nothing is written', async (_, plant) => {
  const parent = temporaryFolder();
  mkdirSync(join(parent, 'elsewhere'));
  plant(join(parent, '.keys-tmp'));
  expect(await failureIn(checkPrivateFile(join(parent, '.env')))).toMatchObject({
    exit: 'failed',
    code: 'folder_not_private',
    message: `${join(parent, '.keys-tmp')} is not a folder of yours; nothing was written to it`,
  });
  expect(readdirSync(parent).sort()).toEqual(['.keys-tmp', 'elsewhere']);
  expect(readdirSync(join(parent, 'elsewhere'))).toEqual([]);
});

test('a FIFO in place of its lock is refused, too', async () => {
  const parent = temporaryFolder();
  mkdirSync(join(parent, '.keys-tmp'), { mode: 0o700 });
  spawnSync('mkfifo', [join(parent, '.keys-tmp', 'write.lock')]);
  expect((await failureIn(checkPrivateFile(join(parent, '.env')))).code).toBe('file_not_lockable');
});

test('a failure of the work is rethrown, and leaves nothing behind', async () => {
  const parent = temporaryFolder();
  const work = withPrivateFolder(parent, async () => {
    throw new RangeError('no');
  });
  await expect(work).rejects.toThrow(RangeError);
  expect(readdirSync(parent)).toEqual([]);
});
