import { createHash } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { NativePart } from '../../src/platform/native-part.ts';
import { loadNativePart } from '../../src/platform/native-part.ts';
import { failureOf } from '../support/failure.ts';

const content = Buffer.from('a shared library');
const name = `part-${createHash('sha256').update(content).digest('hex').slice(0, 16)}.node`;

/** Folders of the test's own, and a part that counts how often it was unpacked. */
function world() {
  const root = mkdtempSync(join(tmpdir(), 'keys-native-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const places = { cache: join(root, 'cache', 'native'), temporary: join(root, 'tmp') };
  mkdirSync(places.temporary);
  const part = {
    name: 'part',
    sha256: createHash('sha256').update(content).digest('hex'),
    unpacked: 0,
    unpack() {
      this.unpacked += 1;
      return content;
    },
  };
  return { places, part, file: join(places.cache, name) };
}

const read = (file: string) => ({ file, text: readFileSync(file, 'utf8') });

function mode(path: string): string {
  return (statSync(path).mode & 0o777).toString(8);
}

test('a part is unpacked once, for its user alone', () => {
  const { places, part, file } = world();
  for (const _ of [1, 2]) expect(loadNativePart(part, places, read)).toEqual({ file, text: `${content}` });
  expect(part.unpacked).toBe(1);
  expect([mode(file), mode(places.cache), mode(dirname(places.cache))]).toEqual(['600', '700', '700']);
  expect(readdirSync(places.cache)).toEqual([name]);
});

test.each([
  ['changed', (file: string) => writeFileSync(file, 'another library!')],
  ['cut off', (file: string) => writeFileSync(file, content.subarray(0, 5))],
  ['open to others', (file: string) => chmodSync(file, 0o666)],
])('a file that was %s is replaced before it is loaded', (_, spoil) => {
  const { places, part, file } = world();
  loadNativePart(part, places, read);
  spoil(file);
  expect(loadNativePart(part, places, read).text).toBe(`${content}`);
  expect([part.unpacked, mode(file)]).toEqual([2, '600']);
});

test('a symbolic link is replaced, and what it leads to stays as it is', () => {
  const { places, part, file } = world();
  const other = join(places.temporary, 'other');
  writeFileSync(other, content);
  mkdirSync(places.cache, { recursive: true, mode: 0o700 });
  symlinkSync(other, file);
  expect(loadNativePart(part, places, (path) => statSync(path).ino)).not.toBe(statSync(other).ino);
});

test('the parts of other versions, and what a killed process left, are removed', () => {
  const { places, part } = world();
  mkdirSync(places.cache, { recursive: true, mode: 0o700 });
  for (const stale of ['part-0123456789abcdef.node', `${name}.00ff`, 'unrelated'])
    writeFileSync(join(places.cache, stale), 'old');
  loadNativePart(part, places, read);
  expect(readdirSync(places.cache).sort()).toEqual([name, 'unrelated']);
});

test('two processes that unpack at the same time both load the whole part', () => {
  const { places, part } = world();
  const slow: NativePart = {
    ...part,
    unpack: () => {
      expect(loadNativePart(part, places, read).text).toBe(`${content}`);
      return content;
    },
  };
  expect(loadNativePart(slow, places, read).text).toBe(`${content}`);
  expect(readdirSync(places.cache)).toEqual([name]);
});

test.each([
  ['cannot be made', (cache: string) => writeFileSync(dirname(cache), '')],
  ['is open to others', (cache: string) => makeOpen(cache)],
  ['is in a folder open to others', (cache: string) => makeOpen(dirname(cache))],
])('without the cache, because it %s, a part is loaded from a folder that is gone afterwards', (_, spoil) => {
  const { places, part } = world();
  spoil(places.cache);
  const loaded = loadNativePart(part, places, (file) => ({ ...read(file), mode: mode(dirname(file)) }));
  expect(loaded).toMatchObject({ text: `${content}`, mode: '700' });
  expect(dirname(dirname(loaded.file))).toBe(places.temporary);
  expect(readdirSync(places.temporary)).toEqual([]);
});

test('a cache that no program may run from is passed over', () => {
  const { places, part } = world();
  const load = (file: string) => {
    if (dirname(file) === places.cache)
      throw Object.assign(new Error('noexec'), { code: 'ERR_DLOPEN_FAILED' });
    return basename(file);
  };
  expect(loadNativePart(part, places, load)).toBe('part.node');
});

test('the error names each place and what is wrong with it', () => {
  const { places, part } = world();
  writeFileSync(dirname(places.cache), '');
  chmodSync(places.temporary, 0o777);
  const { code, message } = failureOf(() => loadNativePart(part, places, read));
  expect(code).toBe('native_part_unusable');
  expect(message.replaceAll(dirname(places.temporary), '')).toBe(
    'keys cannot unpack a part of itself (part): /cache/native: ENOTDIR; /tmp is writable by other users (0777)',
  );
});

function makeOpen(folder: string): void {
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o777);
}
