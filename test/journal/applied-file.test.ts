import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openAppliedFile } from '../../src/journal/applied-file.ts';
import { makePrivateFolder } from '../../src/platform/paths.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

function open(path: string) {
  const faults: unknown[] = [];
  return { ...openAppliedFile(path, makePrivateFolder, (error) => faults.push(error)), faults };
}

test('remembers the keys that were created, and creations whose key is not known', () => {
  const path = join(temporaryFolder(), 'applied', 'a.jsonl');
  const first = open(path);
  first.note({ name: 'ci' });
  first.note({ name: 'ci', id: 'aaaa0001' });
  first.note({ name: 'web' });
  const again = open(path);
  expect([...again.createdIds]).toEqual(['aaaa0001']);
  expect([again.hasBegun('ci'), again.hasBegun('web')]).toEqual([false, true]);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test('does without what is damaged', () => {
  const path = join(temporaryFolder(), 'applied', 'a.jsonl');
  open(path).note({ name: 'ci', id: 'aaaa0001' });
  appendFileSync(path, '{"name":"we');
  open(path).note({ name: 'web', id: 'bbbb0002' });
  expect([...open(path).createdIds]).toEqual(['aaaa0001', 'bbbb0002']);
  writeFileSync(path, 'null\n7\n"x"\n{"name":7}\n{"name":"ci","id":7}\n');
  expect([...open(path).createdIds]).toEqual([]);
});

test('does not count what others can write, or what a link leads to', () => {
  const folder = temporaryFolder();
  const path = join(folder, 'applied', 'a.jsonl');
  open(path).note({ name: 'ci', id: 'aaaa0001' });
  chmodSync(path, 0o666);
  expect([...open(path).createdIds]).toEqual([]);
  mkdirSync(join(folder, 'other'));
  writeFileSync(join(folder, 'other', 'target'), '', { mode: 0o600 });
  const link = join(folder, 'other', 'link.jsonl');
  symlinkSync(join(folder, 'other', 'target'), link);
  const through = open(link);
  through.note({ name: 'ci', id: 'aaaa0001' });
  expect(through.faults).toHaveLength(1);
  expect(readFileSync(join(folder, 'other', 'target'), 'utf8')).toBe('');
});
