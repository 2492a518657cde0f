import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readBounded, readFault, readFileOrPipe, textOf } from '../../../src/platform/files/read-file.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const maxBytes = 100_000;

async function faultOf(work: () => unknown): Promise<string> {
  try {
    await work();
  } catch (error) {
    return readFault(error);
  }
  return expect.fail('it did not fail');
}

function fifo(): string {
  const path = join(temporaryFolder(), 'fifo');
  spawnSync('mkfifo', [path]);
  return path;
}

test('the bytes of a file, up to the limit', async () => {
  const path = join(temporaryFolder(), 'file');
  const content = Buffer.alloc(maxBytes, 7);
  writeFileSync(path, content);
  expect(readBounded(path, { maxBytes })).toEqual(content);
  expect(await readFileOrPipe(path, maxBytes)).toEqual(content);
  writeFileSync(path, '');
  expect(readBounded(path, { maxBytes })).toEqual(Buffer.alloc(0));
  expect(await readFileOrPipe(path, maxBytes)).toEqual(Buffer.alloc(0));
});

test('a file that is too large is refused before it is read', async () => {
  const path = join(temporaryFolder(), 'file');
  writeFileSync(path, '');
  truncateSync(path, 5 * 1024 ** 3);
  expect(await faultOf(() => readBounded(path, { maxBytes: 102_400 }))).toBe('it is larger than 100 KiB');
  expect(await faultOf(() => readFileOrPipe(path, 102_400))).toBe('it is larger than 100 KiB');
  expect(await faultOf(() => readFileOrPipe('/dev/zero', 102_400))).toBe('it is larger than 100 KiB');
  expect(await faultOf(() => readBounded('/dev/zero', { maxBytes }))).toBe('it is not a plain file');
});

test('a FIFO does not block', async () => {
  expect(await faultOf(() => readBounded(fifo(), { maxBytes }))).toBe('it is not a plain file');
  expect(await readFileOrPipe(fifo(), maxBytes)).toEqual(Buffer.alloc(0));
});

test('a pipe is read to its end, however slowly it is filled', async () => {
  const path = fifo();
  const writer = spawn('sh', ['-c', `(printf one; sleep 0.3; printf two) > ${path}`]);
  onTestFinished(() => void writer.kill());
  expect(String(await readFileOrPipe(path, maxBytes))).toBe('onetwo');
});

test('folders, links and absent files', async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'folder'));
  writeFileSync(join(folder, 'file'), 'x');
  symlinkSync('file', join(folder, 'link'));
  expect(await faultOf(() => readBounded(join(folder, 'folder'), { maxBytes }))).toBe(
    'EISDIR: it is a folder',
  );
  expect(await faultOf(() => readFileOrPipe(join(folder, 'folder'), maxBytes))).toBe(
    'EISDIR: it is a folder',
  );
  expect(await faultOf(() => readBounded(join(folder, 'none'), { maxBytes }))).toBe('ENOENT');
  expect(await faultOf(() => readBounded(join(folder, 'link'), { maxBytes, follow: false }))).toBe('ELOOP');
  expect(String(readBounded(join(folder, 'link'), { maxBytes }))).toBe('x');
});

test('a byte order mark is not part of the text', () => {
  expect(textOf(Buffer.from('\ufeff{}'))).toBe('{}');
  expect(textOf(Buffer.from('{}'))).toBe('{}');
});
