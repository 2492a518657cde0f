import { spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
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
import { join } from 'node:path';
import Database from 'libsql';
import { afterAll, describe, expect, test } from 'vitest';
import { migrations } from '../../src/authority/sqlite/migrations.ts';
import { databaseOf } from '../support/embedded-authority.ts';
import { program, Sandbox } from '../support/sandbox.ts';
import { startServe } from '../support/serving.ts';
import { folders, ids, Transcript, times } from '../support/transcript.ts';

async function json(box: Sandbox, args: readonly string[]) {
  const { stdout, stderr, exit } = await box.program([...args, '--json']);
  expect(stderr.includes('"error"') ? stderr : exit).toBe(0);
  return JSON.parse(stdout);
}

async function create(box: Sandbox, name: string): Promise<{ id: string; value: string }> {
  const { stdout } = await box.program(['create', name, '--json'], { secretOnStdout: true });
  const { id, secret } = JSON.parse(stdout);
  return { id, value: secret };
}

interface Original {
  /** The `KEYS_HOME` and the backup. */
  folder: string;
  kept: { id: string; value: string };
  lost: { id: string; value: string };
}

let original: Promise<Original> | undefined;

afterAll(async () => {
  if (original) rmSync((await original).folder, { recursive: true });
});

/** Made once by the program, in a sandbox of its own. Tests work on copies. */
async function makeOriginal(): Promise<Original> {
  const box = new Sandbox();
  const [kept, lost] = [await create(box, 'kept'), await create(box, 'lost')];
  await json(box, ['backup', 'authority.backup']);
  const folder = mkdtempSync(join(tmpdir(), 'keys-test-'));
  cpSync(box.home, join(folder, 'home'), { recursive: true });
  cpSync(join(box.cwd, 'authority.backup'), join(folder, 'authority.backup'));
  return { folder, kept, lost };
}

async function start() {
  original ??= makeOriginal();
  const { folder, kept, lost } = await original;
  const box = new Sandbox();
  const file = join(box.cwd, 'authority.backup');
  cpSync(join(folder, 'home'), box.home, { recursive: true });
  cpSync(join(folder, 'authority.backup'), file);
  const verdict = async (value: string) => {
    const { stdout } = await box.program(['verify', '--json'], { stdin: value });
    return JSON.parse(stdout).reason;
  };
  const status = async (name: string) => (await json(box, ['show', name, '--json', 'status'])).status;
  return { box, kept, lost, file, verdict, status };
}

describe('a backup', () => {
  test('is one private, intact file with the whole content', async () => {
    const { box, file } = await start();
    expect(box.mode('authority.backup')).toBe('600');
    expect(readdirSync(box.cwd)).toEqual(['authority.backup']);
    const copy = new Database(file);
    expect(
      copy
        .prepare('SELECT name FROM keys ORDER BY name')
        .all()
        .map((row) => (row as { name: string }).name),
    ).toEqual(['kept', 'lost']);
    copy.close();
  });

  test('is a consistent snapshot while the server writes, with everything acknowledged before', async () => {
    const { box } = await start();
    const session = await box.keys(['session', 'create', '--user', 'ada', '--secret-only'], {
      secretOnStdout: true,
    });
    const server = await startServe(box);
    let acknowledgedCount = 0;
    let isOver = false;
    const work = async () => {
      while (!isOver) {
        const answer = await fetch(`${server.url}/admin/keys`, {
          method: 'POST',
          headers: { authorization: `Bearer ${session.stdout.trim()}`, 'content-type': 'application/json' },
          body: JSON.stringify({ name: 'load' }),
        });
        if (answer.status === 201) acknowledgedCount += 1;
      }
    };
    const workers = [work(), work(), work()];
    for (let round = 0; round < 3; round++) {
      const before = acknowledgedCount;
      const { keys } = await json(box, ['backup', `round-${round}.db`]);
      expect(keys).toBeGreaterThanOrEqual(2 + before);
      expect(keys).toBeLessThanOrEqual(2 + acknowledgedCount + 3);
    }
    isOver = true;
    await Promise.all(workers);
    expect(await server.stop()).toBe(0);
  });

  test('does not replace a file without --yes, nor what is not a file', async () => {
    const { box, file } = await start();
    const before = readFileSync(file);
    const story = new Transcript(box, [folders, ids]);
    expect(await story.program(['backup', 'authority.backup'])).toMatchInlineSnapshot(`
      "$ keys backup authority.backup
      exit 2
      --- stderr
      error: [folder 1]/authority.backup already exists
      hint: to replace it: keys backup [folder 1]/authority.backup --yes
      --- files
      authority.backup (600): (large)
      "
    `);
    expect(readFileSync(file).equals(before)).toBe(true);
    expect((await json(box, ['backup', 'authority.backup', '--yes'])).keys).toBe(2);
    writeFileSync(join(box.cwd, 'target'), 'mine');
    symlinkSync(join(box.cwd, 'target'), join(box.cwd, 'link'));
    mkdirSync(join(box.cwd, 'folder'));
    const texts: string[] = [];
    for (const to of ['link', 'folder', 'no/such/folder/file'])
      texts.push(await story.program(['backup', to, '--yes']));
    expect(texts.join('')).toMatchInlineSnapshot(`
      "$ keys backup link --yes
      exit 1
      --- stderr
      error: [folder 1]/link is not a regular file, so it cannot hold a backup
      hint: ls -ld [folder 1]/link
      --- files
      authority.backup (600): (large)
      target (644): mine
      $ keys backup folder --yes
      exit 1
      --- stderr
      error: [folder 1]/folder is not a regular file, so it cannot hold a backup
      hint: ls -ld [folder 1]/folder
      --- files
      authority.backup (600): (large)
      target (644): mine
      $ keys backup no/such/folder/file --yes
      exit 1
      --- stderr
      error: the folder of [folder 1]/no/such/folder/file does not exist
      hint: mkdir -p -m 700 [folder 1]/no/such/folder
      --- files
      authority.backup (600): (large)
      target (644): mine
      "
    `);
    expect(box.read('target')).toBe('mine');
  });

  test('is never written over the database or its files', async () => {
    const { box, kept, verdict } = await start();
    symlinkSync(join(box.home, 'data'), join(box.cwd, 'data'));
    const story = new Transcript(box, [folders]);
    const texts: string[] = [];
    for (const to of [
      databaseOf(box),
      'data/authority.db',
      `${databaseOf(box)}-wal`,
      `${databaseOf(box)}.ends`,
    ])
      texts.push(await story.program(['backup', to, '--yes']));
    expect(texts.join('')).toMatchInlineSnapshot(`
      "$ keys backup [folder 1]/data/authority.db --yes
      exit 2
      --- stderr
      error: [folder 1]/data/authority.db belongs to the database that you are backing up
      hint: name another file
      --- files
      authority.backup (600): (large)
      $ keys backup data/authority.db --yes
      exit 2
      --- stderr
      error: [folder 2]/data/authority.db belongs to the database that you are backing up
      hint: name another file
      --- files
      authority.backup (600): (large)
      $ keys backup [folder 1]/data/authority.db-wal --yes
      exit 2
      --- stderr
      error: [folder 1]/data/authority.db-wal belongs to the database that you are backing up
      hint: name another file
      --- files
      authority.backup (600): (large)
      $ keys backup [folder 1]/data/authority.db.ends --yes
      exit 2
      --- stderr
      error: [folder 1]/data/authority.db.ends belongs to the database that you are backing up
      hint: name another file
      --- files
      authority.backup (600): (large)
      "
    `);
    expect(await verdict(kept.value)).toBe('ok');
  });

  test('is not written to a place that git tracks', async () => {
    const { box } = await start();
    expect((await box.command(['git', 'init', '-q'])).exit).toBe(0);
    const run = await box.program(['backup', 'in-git.db', '--json']);
    expect([run.exit, JSON.parse(run.stderr).error.code]).toEqual([1, 'not_ignored_by_git']);
    expect(existsSync(join(box.cwd, 'in-git.db'))).toBe(false);
    expect((await json(box, ['backup', 'in-git.db', '--allow-in-git'])).keys).toBe(2);
  });

  test('of a missing database is an error and creates none', async () => {
    const box = new Sandbox();
    const run = await box.program(['backup', 'none.db', '--json']);
    expect([run.exit, JSON.parse(run.stderr).error.code]).toEqual([1, 'no_database']);
    expect(readdirSync(box.cwd)).toEqual([]);
    expect(existsSync(databaseOf(box))).toBe(false);
  });
});

describe('a restore', () => {
  test('brings back the backup, except keys and sessions revoked since', async () => {
    const { box, kept, lost, verdict } = await start();
    const session = await box.program(['session', 'create', '--user', 'ada', '--secret-only'], {
      secretOnStdout: true,
    });
    expect(session.exit).toBe(0);
    await json(box, ['backup', 'second.db']);
    const later = await create(box, 'later');
    expect((await box.program(['revoke', 'lost', '--yes'])).exit).toBe(0);
    const [{ id }] = await json(box, ['session', 'list']);
    expect((await box.program(['session', 'revoke', id])).exit).toBe(0);
    const restored = await json(box, ['restore', 'second.db', '--yes']);
    expect(restored).toMatchObject({
      database: databaseOf(box),
      keys: 2,
      ended: 2,
      schema: migrations.length,
    });
    expect(await verdict(kept.value)).toBe('ok');
    expect(await verdict(lost.value)).toBe('revoked');
    expect(await verdict(later.value)).toBe('invalid');
    expect(await json(box, ['session', 'list'])).toEqual([]);
    expect(box.mode(databaseOf(box))).toBe('600');
    const previous = new Database(restored.previous);
    expect(previous.prepare('SELECT COUNT(*) AS count FROM keys').get()).toMatchObject({ count: 3 });
    previous.close();
    expect(box.mode(restored.previous)).toBe('600');
  });

  test.each(['is gone', 'is damaged'])('knows what was revoked if the database %s', async (how) => {
    const { box, kept, lost, verdict, status } = await start();
    const third = await create(box, 'third');
    await json(box, ['backup', 'authority.backup', '--yes']);
    await box.program(['revoke', 'lost', '--yes']);
    await box.program(['update', 'third', '--disable']);
    await box.program(['update', 'kept', '--expires', '36h']);
    if (how === 'is gone') rmSync(databaseOf(box));
    else writeFileSync(databaseOf(box), 'a shopping list, as long as a page of SQLite is. '.repeat(200));
    expect((await json(box, ['restore', 'authority.backup', '--yes'])).ended).toBe(2);
    expect([await verdict(kept.value), await verdict(lost.value), await verdict(third.value)]).toEqual([
      'ok',
      'revoked',
      'forbidden',
    ]);
    expect(await status('kept')).toBe('expiring');
  });

  test('warns if no record tells what was revoked', async () => {
    const { box, lost, verdict } = await start();
    await box.program(['revoke', 'lost', '--yes']);
    for (const end of ['', '.ends']) rmSync(`${databaseOf(box)}${end}`);
    const run = await box.program(['restore', 'authority.backup', '--yes', '--json']);
    const story = new Transcript(box, [folders, times]);
    expect(story.of(['restore', 'authority.backup', '--yes', '--json'], run)).toMatchInlineSnapshot(`
      "$ keys restore authority.backup --yes --json
      exit 0
      --- stdout
      {
        "database": "[folder 1]/data/authority.db",
        "keys": 2,
        "schema": 9,
        "ended": null,
        "previous": null
      }
      --- stderr
      warning: keys cannot tell what was revoked since the backup, so it may work again; check with keys list
      --- files
      authority.backup (600): (large)
      "
    `);
    expect(await verdict(lost.value)).toBe('ok');
  });

  test('keeps the spending since the backup', async () => {
    const { box, file } = await start();
    const foreign = new Database(databaseOf(box));
    foreign.exec("UPDATE keys SET spent_micros = 5000000, requests = 7 WHERE name = 'kept'");
    foreign.exec(`INSERT INTO usage_days (key_id, day, requests, tokens, spent_micros)
                  SELECT id, '2026-11-20', 7, 0, 5000000 FROM keys WHERE name = 'kept'`);
    foreign.close();
    expect((await box.program(['restore', file, '--yes'])).exit).toBe(0);
    expect(await json(box, ['show', 'kept'])).toMatchObject({ spentUsd: 5, usage: { requests: 7 } });
    const restored = new Database(databaseOf(box));
    expect(restored.prepare('SELECT month, micros FROM spending').all()).toMatchObject([
      { month: '2026-11', micros: 5_000_000 },
    ]);
    restored.close();
  });

  test('is refused while a server runs, and changes nothing', async () => {
    const { box, lost, verdict } = await start();
    const server = await startServe(box);
    expect((await box.program(['revoke', 'lost', '--yes'])).exit).toBe(0);
    const run = await box.program(['restore', 'authority.backup', '--yes', '--json']);
    expect([run.exit, JSON.parse(run.stderr).error.code]).toEqual([6, 'database_in_use']);
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    expect(await server.stop()).toBe(0);
    expect(await verdict(lost.value)).toBe('revoked');
    expect((await box.program(['restore', 'authority.backup', '--yes'])).exit).toBe(0);
  });

  const invalidBackups: [string, (box: Sandbox, file: string) => void, string][] = [
    ['text', (_, file) => writeFileSync(file, 'hello'), 'backup_damaged'],
    ['an empty file', (_, file) => writeFileSync(file, ''), 'not_a_backup'],
    [
      'half a backup',
      (_, file) => writeFileSync(file, readFileSync(file).subarray(0, statSync(file).size / 2)),
      'backup_damaged',
    ],
    ['a foreign database', (_, file) => change(file, 'DROP TABLE uses'), 'not_a_backup'],
    [
      'a backup of a newer version',
      (_, file) => change(file, `PRAGMA user_version = ${migrations.length + 1}`),
      'authority_newer',
    ],
    [
      'a database with a trigger',
      (_, file) => change(file, 'CREATE TRIGGER t AFTER INSERT ON keys BEGIN DELETE FROM uses; END'),
      'not_a_backup',
    ],
    ['a database with a log beside it', (_, file) => writeFileSync(`${file}-wal`, 'x'), 'not_a_backup'],
    ['no file', (_, file) => rmSync(file), 'no_backup'],
  ];
  test.each(invalidBackups)('of %s is refused and leaves the database alone', async (_, spoil, code) => {
    const { box, kept, file, verdict } = await start();
    spoil(box, file);
    const run = await box.program(['restore', file, '--yes', '--json']);
    expect([run.exit, JSON.parse(run.stderr).error.code]).toEqual([1, code]);
    expect(await verdict(kept.value)).toBe('ok');
    expect(readdirSync(join(box.home, 'data')).filter((name) => name.includes('before'))).toEqual([]);
  });

  test('of an earlier version is migrated', async () => {
    const { box } = await start();
    const old = new Database(join(box.cwd, 'old.db'));
    old.exec([migrations[0], migrations[1]].flat().join(';'));
    old.exec(`PRAGMA user_version = 2;
              INSERT INTO keys (id, name, prefix, secret_hash, created_at, permissions, models, labels)
              VALUES ('0123456789abcdef', 'old', 'sk_old', x'00', 1, '[]', '[]', '{}')`);
    old.close();
    const { keys, schema } = await json(box, ['restore', 'old.db', '--yes']);
    expect([keys, schema]).toEqual([1, migrations.length]);
    expect((await json(box, ['show', 'old'])).id).toBe('0123456789abcdef');
  });

  test('needs confirmation', async () => {
    const { box } = await start();
    expect(
      await new Transcript(box, [folders, times]).program(['restore', 'authority.backup']),
    ).toMatchInlineSnapshot(`
      "$ keys restore authority.backup
      exit 2
      --- stderr
      error: restoring replaces the database; cannot prompt: not a terminal
      hint: keys restore authority.backup --yes
      --- files
      authority.backup (600): (large)
      "
    `);
  });

  test('that is killed leaves the old database or the new one', async () => {
    const { box, kept } = await start();
    for (let round = 0; round < 12; round++) {
      const child = spawn(process.execPath, [program, 'restore', 'authority.backup', '--yes'], {
        cwd: box.cwd,
        env: box.env,
        stdio: 'ignore',
      });
      const end = new Promise((resolve) => child.on('close', resolve));
      await new Promise((resolve) => setTimeout(resolve, 40 + round * 15));
      child.kill('SIGKILL');
      await end;
      expect((await json(box, ['show', kept.id])).status).toBe('active');
    }
    expect((await box.program(['restore', 'authority.backup', '--yes'])).exit).toBe(0);
  });
});

function change(file: string, sql: string): void {
  const database = new Database(file);
  database.exec('PRAGMA foreign_keys = OFF');
  database.exec(sql);
  database.close();
}
