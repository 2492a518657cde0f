import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Leak } from '../../src/keys/leak.ts';
import { spec } from '../support/authority.ts';
import { FaultServer, json } from '../support/fault-server.ts';
import type { Run } from '../support/sandbox.ts';
import { Sandbox } from '../support/sandbox.ts';
import { sarifFaults } from '../support/sarif-faults.ts';
import { authorityOf } from '../support/seed.ts';
import { ids, prefixes, secrets, Transcript } from '../support/transcript.ts';

const now = new Date('2026-11-20T12:00:00Z');
const router = `sk-or-v1-${'0123456789abcdef'.repeat(4)}`;

async function createKey(box: Sandbox, name = 'ci'): Promise<{ id: string; value: string }> {
  const authority = authorityOf(box, now);
  const { key, secret } = await authority.create(spec({ name }));
  await authority.close();
  return { id: key.id, value: secret.reveal() };
}

/** Files of the test, which may hold secrets. */
function plant(box: Sandbox, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    box.write(path, text);
    box.expectSecretIn(path);
  }
}

function findingsOf({ stdout }: Run): Leak[] {
  return JSON.parse(stdout).findings;
}

async function filesWithFindings(box: Sandbox, args: readonly string[] = []): Promise<string[]> {
  return findingsOf(await box.keys(['leaks', ...args, '--json', 'file'])).map(({ file }) => file);
}

test('a value of a key is found with its place, its key and the command that replaces it', async () => {
  const box = new Sandbox();
  const { id, value } = await createKey(box);
  plant(box, { 'sub/.env': `A=1\nAPI_KEY=${value}\n`, 'log.txt': `got ${router}.` });
  const shows = new Transcript(box, [secrets, prefixes, ids]);
  expect(shows.filtered(id)).toBe('[id 1]');
  expect(await shows.keys(['leaks', '--json'], { now })).toMatchInlineSnapshot(`
    "$ keys leaks --json
    exit 8
    --- stdout
    {
      "findings": [
        {
          "file": "log.txt",
          "line": 1,
          "column": 5,
          "keyId": null,
          "name": null,
          "profile": null,
          "provider": "openrouter",
          "match": "prefix",
          "masked": "sk-or-v1-****",
          "status": "unknown",
          "fix": "keys open --provider openrouter"
        },
        {
          "file": "sub/.env",
          "line": 2,
          "column": 9,
          "keyId": "[id 1]",
          "name": "ci",
          "profile": "local",
          "provider": "local",
          "match": "exact",
          "masked": "[prefix]****",
          "status": "active",
          "fix": "keys rotate ci --grace 0"
        }
      ],
      "scanned": {
        "files": 2,
        "bytes": 161
      }
    }
    --- files
    log.txt (644): got sk-or-v1-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.
    sub/.env (644): A=1
    API_KEY=[secret 1]
    "
  `);
  expect(await shows.keys(['leaks'], { now, terminal: 100, env: { NO_COLOR: '1' } })).toMatchInlineSnapshot(`
    "$ keys leaks
    exit 8
    --- stdout
    2 values in 2 places, of 2 files searched

    unknown key of openrouter  sk-or-v1-****
      log.txt:1:5
        keys open --provider openrouter

    ci in local  [prefix]****  active
      sub/.env:2:9
        keys rotate ci --grace 0
    --- files
    log.txt (644): got sk-or-v1-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.
    sub/.env (644): A=1
    API_KEY=[secret 1]
    "
  `);
  expect(await shows.keys(['leaks'], { now })).toMatchInlineSnapshot(`
    "$ keys leaks
    exit 8
    --- stdout
    log.txt	1	5					openrouter	prefix	sk-or-v1-****	unknown		keys open --provider openrouter
    sub/.env	2	9		[id 1]	ci	local	local	exact	[prefix]****	active		keys rotate ci --grace 0
    --- files
    log.txt (644): got sk-or-v1-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.
    sub/.env (644): A=1
    API_KEY=[secret 1]
    "
  `);
});

test('without findings: exit 0', async () => {
  const box = new Sandbox();
  box.write('a.txt', 'nothing');
  expect(await new Transcript(box, []).keys(['leaks', '--json'])).toMatchInlineSnapshot(`
    "$ keys leaks --json
    exit 0
    --- stdout
    {
      "findings": [],
      "scanned": {
        "files": 1,
        "bytes": 7
      }
    }
    --- files
    a.txt (644): nothing
    "
  `);
});

test('a path that does not exist: exit 2', async () => {
  expect(await new Transcript(new Sandbox(), []).keys(['leaks', 'a', 'b'])).toMatchInlineSnapshot(`
    "$ keys leaks a b
    exit 2
    --- stderr
    error: cannot search a: there is no such file
    error: cannot search b: there is no such file
    "
  `);
});

test.skipIf(process.platform === 'win32')('a pipe or a device that is named: exit 2', async () => {
  const box = new Sandbox();
  execFileSync('mkfifo', [join(box.cwd, 'fifo')]);
  for (const name of ['fifo', '/dev/null']) {
    const { exit, stderr } = await box.keys(['leaks', name]);
    expect(exit).toBe(2);
    expect(stderr).toBe(
      `error: cannot search ${name}: it is neither a file nor a folder; pass what it has to --stdin\n`,
    );
  }
});

test('stdin is searched with --stdin', async () => {
  const run = await new Sandbox().keys(['leaks', '--stdin', '--json', 'file,line,column'], {
    stdin: `a\r\n b=${router}`,
  });
  expect(run.exit).toBe(8);
  expect(findingsOf(run)).toEqual([{ file: '<stdin>', line: 2, column: 4 }]);
});

test('flags that contradict each other: exit 2', async () => {
  const shows = new Transcript(new Sandbox(), []);
  const args = ['leaks', '--stdin', '--staged', '--no-ignore', 'a'];
  expect(await shows.keys(args)).toMatchInlineSnapshot(`
    "$ keys leaks --stdin --staged --no-ignore a
    exit 2
    --- stderr
    error: --staged and --stdin cannot be combined
    error: --stdin searches no paths
    error: --no-ignore and --staged cannot be combined
    hint: keys help leaks
    "
  `);
});

test('--format sarif is valid SARIF without a value in it', async () => {
  const box = new Sandbox();
  const { value } = await createKey(box);
  plant(box, { 'a b/\u001bc': `x\n ${value} ${router}` });
  const { exit, stdout } = await box.keys(['leaks', '--format', 'sarif']);
  expect(exit).toBe(8);
  expect(sarifFaults(JSON.parse(stdout))).toEqual([]);
  const { results } = JSON.parse(stdout).runs[0];
  expect(results.map(({ ruleId }: { ruleId: string }) => ruleId).sort()).toEqual([
    'leaked-key',
    'possible-leak',
  ]);
  expect(stdout).not.toContain(value.slice(20));
  expect(stdout).not.toContain(router.slice(9, 20));
});

describe('--verify', () => {
  const env = (server: FaultServer) => ({
    KEYS_PROVIDER: 'openrouter',
    KEYS_URL: server.origin,
    KEYS_TOKEN: 'tok-EXAMPLE',
  });
  const key = { hash: 'h1', name: 'ci', disabled: false, label: 'sk-or-v1-0123456...cdef' };

  test('says whether a value works; without it, nothing of a value is sent', async () => {
    const [box, server] = [new Sandbox(), await FaultServer.start()];
    plant(box, { a: router });
    for (let run = 0; run < 2; run++) server.on('GET /keys', json(200, { data: [key] }));
    server.on('GET /key', json(200, { data: { label: 'ci' } }));
    const quiet = await box.keys(['leaks', '--json'], { env: env(server) });
    expect(findingsOf(quiet)).toMatchObject([
      { keyId: 'h1', name: 'ci', match: 'prefix', provider: 'openrouter' },
    ]);
    expect(findingsOf(quiet)[0]).not.toHaveProperty('works');
    expect(JSON.stringify(server.received)).not.toContain(router.slice(9, 30));
    const run = await box.keys(['leaks', '--verify', '--json'], { env: env(server) });
    expect(findingsOf(run)).toMatchObject([{ works: true, fix: 'keys rotate ci --grace 0' }]);
  });

  test('asks about a value of no known key, too, where the account has such values', async () => {
    const [box, server] = [new Sandbox(), await FaultServer.start()];
    plant(box, { a: router });
    server.on('GET /keys', json(200, { data: [] }));
    server.on('GET /key', json(401, { error: { message: 'no' } }));
    const run = await box.keys(['leaks', '--verify', '--json'], { env: env(server) });
    expect(findingsOf(run)).toMatchObject([{ keyId: null, works: false }]);
  });
});

test('an account that cannot be read is a warning, and what looks like a value is found all the same', async () => {
  const box = new Sandbox();
  plant(box, { a: router });
  const env = { KEYS_PROVIDER: 'openrouter', KEYS_URL: 'http://127.0.0.1:1', KEYS_TOKEN: 'tok-EXAMPLE' };
  expect(
    await new Transcript(box, []).keys(['leaks', '--json', 'file,keyId,match'], { env }),
  ).toMatchInlineSnapshot(`
    "$ keys leaks --json file,keyId,match
    exit 8
    --- stdout
    {
      "findings": [
        {
          "file": "a",
          "keyId": null,
          "match": "prefix"
        }
      ],
      "scanned": {
        "files": 1,
        "bytes": 73
      }
    }
    --- stderr
    warning: could not compare with the keys of the profile openrouter, so a finding may be one of them: cannot connect to http://127.0.0.1:1: the connection was refused (ECONNREFUSED)
    --- files
    a (644): sk-or-v1-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
    "
  `);
});

test('without a finding no account is asked', async () => {
  const box = new Sandbox();
  box.write('a', 'nothing');
  const env = { KEYS_PROVIDER: 'openrouter', KEYS_URL: 'http://127.0.0.1:1', KEYS_TOKEN: 'tok-EXAMPLE' };
  expect(await box.keys(['leaks'], { env })).toMatchObject({ exit: 0, stderr: '' });
});

describe('a provider whose values have no known form', () => {
  const foreign = 'sk-a1b2c3d4e5f6g7h8i9j0_EXAMPLE';

  test('that uses their hashes as ids', async () => {
    const [box, server] = [new Sandbox(), await FaultServer.start()];
    plant(box, { '.env': `KEY=${foreign}\n`, other: foreign.replace('a1', 'b1') });
    const id = createHash('sha256').update(foreign).digest('hex');
    server.on('GET /v1/keys', json(200, { keys: [{ name: 'ci', hash: id, created: 1694268763 }] }));
    const env = { KEYS_PROVIDER: 'unreal', KEYS_URL: server.origin, KEYS_TOKEN: 'tok-EXAMPLE' };
    expect(findingsOf(await box.keys(['leaks', '--json'], { env }))).toMatchObject([
      { file: '.env', column: 5, keyId: id, name: 'ci', match: 'exact', masked: '****' },
    ]);
  });

  test('that shows how they begin, or puts the id before them', async () => {
    const [box, server] = [new Sandbox(), await FaultServer.start()];
    plant(box, { a: 'x="ak9876543210:abcdefghijklmnop-EXAMPLE";', b: 'ak9876543210' });
    const api_keys = ['ak0123456789', 'ak9876543210'].map((access_key_id) => ({
      access_key_id,
      description: 'ci',
      prefix: access_key_id.slice(0, 8),
    }));
    server.on('GET /v1/api-keys', json(200, { api_keys, total: 2 }));
    const env = { KEYS_PROVIDER: 'privatemind', KEYS_URL: server.origin, KEYS_TOKEN: 'tok-EXAMPLE' };
    expect(findingsOf(await box.keys(['leaks', '--json'], { env }))).toMatchObject([
      { file: 'a', column: 4, keyId: 'ak9876543210', match: 'prefix', masked: 'ak9876543210:****' },
    ]);
  });

  test('is not asked by --staged before anything is found', async () => {
    const box = new Sandbox();
    execFileSync('git', ['init', '-q'], { cwd: box.cwd });
    plant(box, { a: foreign });
    execFileSync('git', ['add', 'a'], { cwd: box.cwd });
    const env = { KEYS_PROVIDER: 'unreal', KEYS_URL: 'http://127.0.0.1:1', KEYS_TOKEN: 'tok-EXAMPLE' };
    expect(await box.keys(['leaks', '--staged'], { env })).toMatchObject({ exit: 0, stderr: '' });
  });
});

describe('files', () => {
  test('that are named are searched alone', async () => {
    const box = new Sandbox();
    plant(box, { a: router, b: router, 'c/d': router, 'c/e/f': router });
    expect(await filesWithFindings(box, ['a', 'c/e'])).toEqual(['a', 'c/e/f']);
  });

  test('that git ignores are left out, unless --no-ignore is given or they are named', async () => {
    const box = new Sandbox();
    plant(box, { a: router, 'build/b': router, c: router, 'sub/kept': router, 'sub/left': router });
    box.write('.gitignore', 'build\nc\n');
    box.write('sub/.gitignore', 'left\n');
    // As in a download without its repository.
    expect(await filesWithFindings(box)).toEqual(['a', 'sub/kept']);
    execFileSync('git', ['init', '-q'], { cwd: box.cwd });
    expect(await filesWithFindings(box)).toEqual(['a', 'sub/kept']);
    expect(await filesWithFindings(box, ['sub'])).toEqual(['sub/kept']);
    expect(await filesWithFindings(box, ['c'])).toEqual(['c']);
    expect(await filesWithFindings(box, ['--no-ignore'])).toEqual([
      'a',
      'build/b',
      'c',
      'sub/kept',
      'sub/left',
    ]);
  });

  test('that git tracks are searched even if it ignores them', async () => {
    const box = new Sandbox();
    plant(box, { '.env': router });
    execFileSync('git', ['init', '-q'], { cwd: box.cwd });
    execFileSync('git', ['add', '.env'], { cwd: box.cwd });
    box.write('.gitignore', '.env\n');
    expect(await filesWithFindings(box)).toEqual(['.env']);
  });

  test('of repositories in a repository are searched', async () => {
    const box = new Sandbox();
    plant(box, { 'inner/a': router, 'inner/b': router, 'plain/inner/c': router, d: router });
    for (const folder of ['.', 'inner', 'plain/inner'])
      execFileSync('git', ['init', '-q'], { cwd: join(box.cwd, folder) });
    box.write('inner/.gitignore', 'b\n');
    expect(await filesWithFindings(box)).toEqual(['d', 'inner/a', 'plain/inner/c']);
  });

  test('behind symbolic links are searched only if the link is named, and a FIFO is not waited for', async () => {
    const box = new Sandbox();
    const outer = new Sandbox();
    plant(outer, { x: router });
    mkdirSync(join(box.cwd, 'in'));
    symlinkSync(outer.cwd, join(box.cwd, 'in', 'link'));
    symlinkSync('.', join(box.cwd, 'in', 'loop'));
    execFileSync('mkfifo', [join(box.cwd, 'in', 'fifo')]);
    expect(await filesWithFindings(box)).toEqual([]);
    expect(await filesWithFindings(box, ['in/link'])).toHaveLength(1);
    symlinkSync(join(outer.cwd, 'x'), join(box.cwd, 'in', 'file'));
    execFileSync('git', ['init', '-q'], { cwd: box.cwd });
    execFileSync('git', ['add', 'in/file', 'in/link'], { cwd: box.cwd });
    expect(await filesWithFindings(box)).toEqual([]);
  });

  test('may have any name', async () => {
    const box = new Sandbox();
    const names = ['a\nb', '\u001b[31mred', 'ünï', ' ', "it's", '-x'];
    plant(box, Object.fromEntries(names.map((name) => [name, router])));
    const raw = Buffer.concat([Buffer.from(`${box.cwd}/raw-`), Buffer.from([0xff, 0xfe])]);
    writeFileSync(raw, router);
    const expected = [...names, 'raw-\ufffd\ufffd'].sort();
    expect((await filesWithFindings(box)).sort()).toEqual(expected);
    execFileSync('git', ['init', '-q'], { cwd: box.cwd });
    expect((await filesWithFindings(box)).sort()).toEqual(expected);
    const { stdout } = await box.keys(['leaks'], { terminal: 100, env: { NO_COLOR: '1' } });
    expect(stdout).toContain('\\x1b[31mred:1:1');
    expect(stdout).toContain('a\\nb:1:1');
    rmSync(raw);
  });

  test('that cannot be read are named, and the search goes ahead', async () => {
    const box = new Sandbox();
    plant(box, { a: router });
    symlinkSync('/proc/self/mem', join(box.cwd, 'link'));
    // Reading it fails for every user.
    const run = await box.keys(['leaks', 'a', 'link', '--json', 'file']);
    expect(run).toMatchObject({
      exit: 8,
      stderr: expect.stringMatching(/^warning: could not search .*mem \(EIO\)\n$/),
    });
  });
});

test('places in a large file are right, and so are those of a large tree', async () => {
  const box = new Sandbox();
  const lines = `${'text '.repeat(20)}\n`;
  plant(box, { large: `${router}\n${lines.repeat(30_000)} ${router}` });
  for (let index = 0; index < 2_200; index++) box.write(`tree/${index % 40}/${index}`, `file ${index}`);
  plant(box, { 'tree/39/last': `\n\n${router}`, 'tree/0/first': router });
  const run = await box.keys(['leaks', '--json', 'file,line,column']);
  expect(findingsOf(run)).toEqual([
    { file: 'large', line: 1, column: 1 },
    { file: 'large', line: 30_002, column: 2 },
    { file: 'tree/0/first', line: 1, column: 1 },
    { file: 'tree/39/last', line: 3, column: 1 },
  ]);
  expect(JSON.parse(run.stdout).scanned.files).toBe(2_203);
});
