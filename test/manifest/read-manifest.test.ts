import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { KeysError } from '../../src/base/errors.ts';
import { readManifest } from '../../src/manifest/read-manifest.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const checkSink = () => undefined;

async function read(content: string | Buffer, env = {}) {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, 'keys.yaml'), content);
  return readManifest('keys.yaml', { cwd, env, checkSink });
}

async function failureOf(work: Promise<unknown>) {
  const error = await work.catch((error: unknown) => error);
  if (!(error instanceof KeysError)) throw new Error(`not refused: ${error}`);
  return error.failure;
}

test('paths are relative to the folder of the file', async () => {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, 'own.yaml'), 'keys: { ci: { to: ["env:.env#A"] } }');
  const { file, keys } = await readManifest(join(cwd, 'own.yaml'), { cwd: '/', env: {}, checkSink });
  expect(file).toBe(join(cwd, 'own.yaml'));
  expect(keys[0]?.to).toEqual([`env:${cwd}/.env#A`]);
});

test('a byte order mark is left out', async () => {
  expect((await read('\ufeffkeys: { ci: {} }')).keys).toHaveLength(1);
});

test('each fault is a problem with its place', async () => {
  expect(await failureOf(read('key: {}\nprofile: 1\n'))).toMatchObject({
    code: 'manifest_faulty',
    exit: 'usage',
    problems: [
      'keys.yaml:1:1: key: is not a known field (did you mean keys?)',
      'keys.yaml:2:10: profile: is a number, expected a text; write for example local',
    ],
    hints: ['see what the file can say: keys docs policy'],
  });
});

test('of very many faults, the first ones are told', async () => {
  const keys = Array.from({ length: 70 }, (_, index) => `  k${index}: { expires: 1 }`);
  const { problems = [] } = await failureOf(read(`keys:\n${keys.join('\n')}`));
  expect(problems).toHaveLength(51);
  expect(problems.at(-1)).toBe('keys.yaml has 20 more faults');
});

test.each([
  ['UTF-16', Buffer.from('\ufeffkeys: {}', 'utf16le')],
  ['Latin-1', Buffer.from('profile: é', 'latin1')],
])('%s is refused', async (_, bytes) => {
  expect(await failureOf(read(bytes))).toMatchObject({
    exit: 'usage',
    problems: ['keys.yaml:1:1: is not UTF-8 text; save the file as UTF-8'],
  });
});

test('a file that is too large is refused', async () => {
  expect(await failureOf(read(Buffer.alloc(1024 * 1024 + 1, ' ')))).toMatchObject({
    exit: 'usage',
    message: 'cannot read keys.yaml: it is larger than 1024 KiB',
  });
});

test('a file that is missing, and a folder, are refused', async () => {
  const cwd = temporaryFolder();
  const readIn = (file: string) => failureOf(readManifest(file, { cwd, env: {}, checkSink }));
  expect(await readIn('keys.yaml')).toMatchObject({
    exit: 'usage',
    message: 'cannot read keys.yaml: there is no such file',
    hints: ['keys export > keys.yaml'],
  });
  expect(await readIn('.')).toMatchObject({
    exit: 'usage',
    message: 'cannot read .: EISDIR: it is a folder',
  });
});

test('a file with the other ending is named', async () => {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, 'keys.yml'), 'keys: { ci: {} }');
  const { hints } = await failureOf(readManifest('keys.yaml', { cwd, env: {}, checkSink }));
  expect(hints).toEqual(['keys plan keys.yml']);
});

test('2,000 keys are read', async () => {
  const keys = Array.from(
    { length: 2_000 },
    (_, index) => `  k${index}: { expires: 90d, to: ["env:.env#KEY_${index}"] }`,
  );
  expect((await read(`keys:\n${keys.join('\n')}`)).keys).toHaveLength(2_000);
});
