import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { withProfiles } from '../support/escrow.ts';
import { postgresPassword, testPostgres } from '../support/postgres.ts';
import { lacksPostgres } from '../support/postgres-programs.ts';
import { Sandbox } from '../support/sandbox.ts';
import { UnrealServer } from '../support/unreal-server.ts';

/* What a script gets at Tab from the built program, and what it leaves behind. */

interface Cache {
  at: number;
  names: [id: string, name: string][];
}

/** A sandbox whose profile is an API of the test's own. */
class Place {
  readonly box = new Sandbox();
  readonly server: UnrealServer;
  readonly env: Record<string, string>;

  private constructor(server: UnrealServer) {
    this.server = server;
    this.env = { KEYS_PROVIDER: 'unreal', KEYS_URL: server.url, KEYS_TOKEN: 'tok-EXAMPLE' };
    mkdirSync(this.box.home, { mode: 0o700 });
  }

  static async start(...names: string[]): Promise<Place> {
    const place = new Place(await UnrealServer.start());
    for (const name of names) place.server.add(name);
    return place;
  }

  get folder(): string {
    return join(this.box.home, 'cache', 'completion');
  }

  get file(): string {
    return join(this.folder, 'profile-unreal.json');
  }

  /** The candidates for the last word, in order. Fails unless the program is silent and ends well. */
  async tab(words: readonly string[], env: Record<string, string> = {}): Promise<string[]> {
    const stdin = words.map((word) => `${word}\0`).join('');
    const run = await this.box.program(['completion', '--words', 'fish'], {
      stdin,
      env: { ...this.env, ...env },
    });
    expect(run).toMatchObject({ exit: 0, stderr: '' });
    return run.stdout
      .split('\n')
      .filter((line) => line.startsWith('='))
      .map((line) => line.slice(1).replace(/\t.*/s, ''));
  }

  /** Resolves when the process in the background has listed the keys. */
  async listed(): Promise<Cache> {
    while (!existsSync(this.file)) await sleep(20);
    return this.cache();
  }

  cache(): Cache {
    return JSON.parse(readFileSync(this.file, 'utf8')) as Cache;
  }

  /** As if it had been written this long ago, and not been asked for since. */
  age(ms: number): void {
    writeFileSync(this.file, JSON.stringify({ ...this.cache(), at: Date.now() - ms }));
  }
}

test('the first Tab offers nothing, the next one the names that the API has listed meanwhile', async () => {
  const place = await Place.start('production', 'staging');
  expect(await place.tab(['show', 'pro'])).toEqual([]);
  const { names } = await place.listed();
  expect(names.map(([, name]) => name).sort()).toEqual(['production', 'staging']);
  expect(await place.tab(['show', 'pro'])).toEqual(['production']);
  expect(await place.tab(['revoke', 'production', ''])).toEqual(['staging']);
  expect(place.server.requests).toEqual(['GET /v1/keys']);
});

test('only names and ids are kept, in a file and a folder of the user alone', async () => {
  const place = await Place.start('production');
  await place.tab(['show', '']);
  const { names } = await place.listed();
  const [stored] = place.server.keys;
  expect(names).toEqual([[stored?.hash, 'production']]);
  expect([statSync(place.folder).mode & 0o777, statSync(place.file).mode & 0o777]).toEqual([0o700, 0o600]);
  expect(readFileSync(place.file, 'utf8')).not.toContain('tok-EXAMPLE');
});

test.skipIf(lacksPostgres())(
  'the keys of a database on PostgreSQL are offered like those of an API',
  async () => {
    const place = await Place.start();
    const [one, other] = await Promise.all([1, 2].map(async () => (await testPostgres()).createDatabase()));
    const env = { KEYS_PROVIDER: '', KEYS_URL: '', PGPASSWORD: postgresPassword, KEYS_DB: one?.url ?? '' };
    place.box.expectSecretIn('secret');
    const created = await place.box.keys(['create', 'production', '--to', 'file:secret'], { env });
    expect(created).toMatchObject({ exit: 0 });
    expect(await place.tab(['show', 'pro'], env)).toEqual([]);
    const file = join(place.folder, 'profile-local.json');
    while (!existsSync(file)) await sleep(20);
    expect(await place.tab(['show', 'pro'], env)).toEqual(['production']);
    expect(readFileSync(file, 'utf8')).not.toContain(postgresPassword);
    // Those of another database are not.
    expect(await place.tab(['show', 'pro'], { ...env, KEYS_DB: other?.url ?? '' })).toEqual([]);
  },
);

test('names older than a minute are not offered, and are listed again', async () => {
  const place = await Place.start('production');
  await place.tab(['show', '']);
  await place.listed();
  place.age(61_000);
  expect(await place.tab(['show', 'pro'])).toEqual([]);
  place.age(59_000);
  expect(await place.tab(['show', 'pro'])).toEqual(['production']);
  place.age(-5_000);
  expect(await place.tab(['show', 'pro'])).toEqual([]);
});

test('names of one account are offered for no other one', async () => {
  const place = await Place.start('production');
  const other = await UnrealServer.start();
  await place.tab(['show', '']);
  await place.listed();
  expect(await place.tab(['show', 'pro'], { KEYS_URL: other.url })).toEqual([]);
  expect(await place.tab(['--url', other.url, 'show', 'pro'])).toEqual([]);
  expect(await place.tab(['--profile', 'local', 'show', 'pro'], { KEYS_PROVIDER: '', KEYS_URL: '' })).toEqual(
    [],
  );
});

test('Tab does not wait for an API that never answers', async () => {
  const place = await Place.start('production');
  let arrived = () => {};
  const arrival = new Promise<void>((done) => {
    arrived = done;
  });
  // The server answers when the test is over: who waits for it would not come back before.
  place.server.onRequest = () => new Promise(() => arrived());
  expect(await place.tab(['show', 'pro'])).toEqual([]);
  await arrival;
  expect(await place.tab(['show', 'pro'])).toEqual([]);
  expect(await place.tab(['list', '--st'])).toEqual(['--status']);
});

test('an API that somebody has just asked is not asked again', async () => {
  const place = await Place.start('production');
  mkdirSync(place.folder, { recursive: true, mode: 0o700 });
  const asked = join(place.folder, 'profile-unreal.asked');
  writeFileSync(asked, '');
  // As long as the test takes.
  const soon = new Date(Date.now() + 5_000);
  utimesSync(asked, soon, soon);
  expect(await place.tab(['show', 'pro'])).toEqual([]);
  expect(place.server.requests).toEqual([]);
  utimesSync(asked, 0, 0);
  expect(await place.tab(['show', 'pro'])).toEqual([]);
  await place.listed();
});

test('nothing is left in a KEYS_HOME that does not exist, and no process is started', async () => {
  const server = await UnrealServer.start();
  const box = new Sandbox();
  const env = { KEYS_PROVIDER: 'unreal', KEYS_URL: server.url, KEYS_TOKEN: 'tok-EXAMPLE' };
  const run = await box.program(['completion', '--words', 'fish'], { stdin: 'show\0\0', env });
  expect(run).toMatchObject({ exit: 0, stdout: '', stderr: '' });
  expect(existsSync(box.home)).toBe(false);
  expect(server.requests).toEqual([]);
});

test.each([
  ['is open to others', (place: Place) => mkdirSync(place.folder, { recursive: true, mode: 0o755 })],
  [
    'is a symbolic link',
    (place: Place) => {
      mkdirSync(join(place.box.home, 'cache'), { mode: 0o700 });
      symlinkSync(place.box.cwd, place.folder);
    },
  ],
])('a folder that %s is neither read nor written', async (_, make) => {
  const place = await Place.start('production');
  make(place);
  expect(await place.tab(['show', 'pro'])).toEqual([]);
  expect(readdirSync(place.folder)).toEqual([]);
  expect(place.server.requests).toEqual([]);
});

test('a damaged file counts as empty', async () => {
  const place = await Place.start('production');
  await place.tab(['show', '']);
  await place.listed();
  for (const text of ['', '{', 'null', '[]', '{"at":1}']) {
    writeFileSync(place.file, text);
    expect(await place.tab(['show', 'pro'])).toEqual([]);
  }
});

test('names that no terminal can show are offered by their id, and those that look like a secret not at all', async () => {
  const hostile = ['\x1b[2Jwiped', 'two\nlines', 'turn\u202ed', '-rf', 'sk-live0123456789abcdefEXAMPLE', ''];
  const place = await Place.start(...hostile, 'plain');
  place.box.expectSecretIn('none');
  await place.tab(['show', '']);
  await place.listed();
  const ids = place.server.keys.map(({ hash }) => hash);
  const offered = await place.tab(['show', '']);
  expect(offered).toContain('plain');
  expect(offered.every((one) => one === 'plain' || ids.includes(one))).toBe(true);
  expect(readFileSync(place.file, 'utf8')).not.toContain('sk-live');
});

test('a list keeps its names for completion, if somebody uses it', async () => {
  const place = await Place.start('production');
  await place.box.program(['list', '--json'], { env: place.env });
  expect(existsSync(place.folder)).toBe(false);
  mkdirSync(place.folder, { recursive: true, mode: 0o700 });
  await place.box.program(['list', '--json'], { env: place.env });
  expect(await place.tab(['show', 'pro'])).toEqual(['production']);
  expect(place.server.requests).toEqual(['GET /v1/keys', 'GET /v1/keys']);
});

test('the end of a session takes the names with it', async () => {
  const place = await Place.start('production');
  const login = [
    'login',
    '--provider',
    'unreal',
    '--url',
    place.server.url,
    '--with-token',
    '--store',
    'file',
  ];
  await place.box.program(login, { stdin: 'tok-EXAMPLE' });
  const env = { KEYS_PROVIDER: '', KEYS_URL: '', KEYS_TOKEN: '' };
  expect(await place.tab(['show', 'pro'], env)).toEqual([]);
  await place.listed();
  expect(await place.tab(['show', 'pro'], env)).toEqual(['production']);
  await place.box.program(['logout']);
  expect(readdirSync(place.folder)).toEqual([]);
});

test('a token that a program would print is not asked for', async () => {
  const place = await Place.start('production');
  const asked = join(place.box.cwd, 'asked');
  withProfiles(place.box, {
    unreal: { provider: 'unreal', url: place.server.url, tokenCommand: ['touch', asked] },
  });
  const env = { KEYS_TOKEN: '', KEYS_URL: '' };
  expect(await place.tab(['show', 'pro'], env)).toEqual([]);
  const job = JSON.stringify({ env: { KEYS_PROVIDER: 'unreal' } });
  const run = await place.box.program(['completion', '--refresh'], { stdin: job });
  expect(run).toMatchObject({ exit: 0, stdout: '', stderr: '' });
  expect(existsSync(asked)).toBe(false);
  expect(place.server.requests).toEqual([]);
});

test('whatever is wrong, it is silent', async () => {
  const place = await Place.start();
  for (const args of [['--words'], ['--words', 'tcsh'], ['--words', 'bash'], ['--refresh']])
    for (const stdin of ['', 'no request', '\0', '\0\0\0\0', '\xff'])
      expect(await place.box.program(['completion', ...args], { stdin })).toMatchObject({
        exit: 0,
        stdout: '',
        stderr: '',
      });
  place.box.write('../home/config/config.json', '{');
  expect(await place.tab(['show', ''])).toEqual([]);
  expect(await place.tab(['list', '--stat'])).toEqual(['--status']);
  expect(await place.tab(['nosuch', ''])).toEqual([]);
});
