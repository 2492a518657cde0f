import type { ChildProcess } from 'node:child_process';
import { execFileSync, spawn } from 'node:child_process';
import {
  appendFileSync,
  chownSync,
  cpSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { onTestFinished } from 'vitest';
import { DatabaseMaker } from './database-maker.ts';
import { freePort } from './free-port.ts';
import { postgresPrograms, unprivilegedUser } from './postgres-programs.ts';

const user = 'keys';
export const postgresPassword = 'password-EXAMPLE';
const startLimitMs = 60_000;

/**
 * Runs `$0` with the data folder `$1`. When the standard input ends, which it does with the process that runs this, ends it and
 * removes the folder `$2`.
 */
const guarded = `exec 3<&0
"$0" -D "$1" 2>>"$1.log" & server=$!
(read -r _ <&3; trap '' TERM; kill -QUIT $server; while kill -0 $server; do sleep 0.05; done; rm -rf "$2") 2>&- & guard=$!
wait $server
kill $guard`;

/** A real PostgreSQL server, which ends with this process, however that ends. A test may also end it and start it again. */
export class TestPostgres {
  readonly host = '127.0.0.1';
  readonly port: number;
  /** Holds its data and its socket. */
  readonly folder: string;
  readonly #programs: string;
  #shell: ChildProcess | undefined;
  #databases = 0;
  #isStopped = false;
  readonly #maker = new DatabaseMaker(() => this.#client('postgres'));

  private constructor(folder: string, programs: string, port: number) {
    this.folder = folder;
    this.port = port;
    this.#programs = programs;
  }

  /** A new server. `settings`: lines of its configuration; `files`: by name, in its data folder. */
  static async start(
    settings: readonly string[] = [],
    files: Readonly<Record<string, string>> = {},
  ): Promise<TestPostgres> {
    const folder = newFolder();
    const server = new TestPostgres(folder, postgresPrograms(folder), await freePort());
    server.#initialise(settings);
    for (const [name, content] of Object.entries(files)) server.#write(name, content);
    await server.restart();
    return server;
  }

  /** A replica of what a server has written, which only reads. Nothing that the server writes later reaches it. */
  async startReplica(): Promise<TestPostgres> {
    const folder = newFolder();
    const replica = new TestPostgres(folder, this.#programs, await freePort());
    await this.run('postgres', 'CHECKPOINT');
    await this.kill();
    cpSync(this.dataFolder, replica.dataFolder, { recursive: true });
    await this.restart();
    replica.#write('standby.signal', '');
    rmSync(join(replica.dataFolder, 'postmaster.pid'));
    replica.#configure([]);
    const owner = unprivilegedUser();
    if (owner) execFileSync('chown', ['-R', `${owner.uid}:${owner.gid}`, folder]);
    await replica.restart();
    return replica;
  }

  get dataFolder(): string {
    return join(this.folder, 'data');
  }

  /** `port`: of a proxy before the server. */
  url(database: string, port = this.port): string {
    return `postgres://${user}@${this.host}:${port}/${database}`;
  }

  /** Starts a server that has ended. */
  async restart(): Promise<void> {
    const start = Date.now();
    while (!(await this.#isReady())) {
      if (Date.now() - start > startLimitMs) throw new Error(`PostgreSQL does not start: ${this.log()}`);
      // After a crash, it does not start before the last process of its predecessor has ended.
      if (!this.#shell || this.#shell.exitCode !== null) this.#spawn();
      await sleep(20);
    }
  }

  /** Ends the server at once, as a crash does. */
  async kill(): Promise<void> {
    const [pid] = readFileSync(join(this.dataFolder, 'postmaster.pid'), 'utf8').split('\n');
    process.kill(Number(pid), 'SIGKILL');
    while (this.#shell?.exitCode === null) await sleep(5);
  }

  stop(): void {
    this.#isStopped = true;
    this.#shell?.stdin?.end();
  }

  log(): string {
    return readFileSync(`${this.dataFolder}.log`, 'utf8');
  }

  /** A new database, empty or a copy, which is dropped when the test ends. */
  async createDatabase(template = 'template1'): Promise<{ name: string; url: string }> {
    const name = `test_${++this.#databases}`;
    await this.#maker.create(name, template);
    onTestFinished(async () => {
      if (!this.#isStopped) await this.#maker.drop(name);
    });
    return { name, url: this.url(name) };
  }

  /** Runs statements as the superuser of the server. */
  async run(database: string, sql: string, values?: readonly unknown[]): Promise<pg.QueryResultRow[]> {
    const client = this.#client(database);
    try {
      await client.connect();
      return (await client.query(sql, values && [...values])).rows;
    } finally {
      await client.end();
    }
  }

  #client(database: string): pg.Client {
    const { host, port } = this;
    const client = new pg.Client({ host, port, user, database, password: postgresPassword, ssl: false });
    // A test may end the server under this connection.
    client.on('error', () => {});
    return client;
  }

  #initialise(settings: readonly string[]): void {
    const passwordFile = join(this.folder, 'password');
    writeFileSync(passwordFile, postgresPassword);
    giveAway(passwordFile);
    // The order of text is that of a language: what sorts keys must not depend on it.
    const text = ['--encoding=UTF8', '--locale=C', '--locale-provider=icu', '--icu-locale=en-US'];
    const access = ['--auth=scram-sha-256', `--username=${user}`, `--pwfile=${passwordFile}`];
    execFileSync(
      join(this.#programs, 'initdb'),
      [`--pgdata=${this.dataFolder}`, ...text, ...access, '--no-sync', '--no-instructions'],
      { ...unprivilegedUser(), cwd: this.folder, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    this.#configure(settings);
  }

  #configure(settings: readonly string[]): void {
    const own = [
      `port = ${this.port}`,
      "listen_addresses = '127.0.0.1'",
      `unix_socket_directories = '${this.folder}'`,
      'shared_buffers = 16MB',
      // The machine does not crash in a test.
      'fsync = off',
    ];
    appendFileSync(join(this.dataFolder, 'postgresql.conf'), `${[...own, ...settings].join('\n')}\n`);
  }

  #write(name: string, content: string): void {
    const path = join(this.dataFolder, name);
    writeFileSync(path, content, { mode: 0o600 });
    giveAway(path);
  }

  #spawn(): void {
    const shell = spawn(
      '/bin/sh',
      ['-c', guarded, join(this.#programs, 'postgres'), this.dataFolder, this.folder],
      {
        ...unprivilegedUser(),
        cwd: this.folder,
        stdio: ['pipe', 'ignore', 'ignore'],
      },
    );
    shell.unref();
    (shell.stdin as unknown as { unref(): void }).unref();
    this.#shell = shell;
  }

  async #isReady(): Promise<boolean> {
    try {
      await this.run('postgres', 'SELECT 1');
      return true;
    } catch {
      return false;
    }
  }
}

let shared: Promise<TestPostgres> | undefined;

/** The server of this worker of vitest, which starts when it is first needed. */
export function testPostgres(): Promise<TestPostgres> {
  shared ??= TestPostgres.start();
  return shared;
}

function newFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'keys-postgres-')));
  giveAway(folder);
  return folder;
}

/** As root: to the user that PostgreSQL runs as. */
export function giveAway(path: string): void {
  const owner = unprivilegedUser();
  if (owner) chownSync(path, owner.uid, owner.gid);
}
