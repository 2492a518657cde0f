import { readFileSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { catalog } from '../../src/commands/catalog.ts';
import { unreal } from '../../src/providers/built-in/unreal.ts';
import { withEscrow, withProfiles } from '../support/escrow.ts';
import { lacks } from '../support/real-parts.ts';
import type { RunOptions } from '../support/sandbox.ts';
import { holdsSecret, program, Sandbox } from '../support/sandbox.ts';
import { startServe } from '../support/serving.ts';
import { workingVendors } from '../support/sink-places.ts';
import type { StandIns } from '../support/stand-in.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { UnrealServer } from '../support/unreal-server.ts';

/*
 * Every command, both when it succeeds and when it fails, followed by a search for secrets and tokens: on stdout and
 * stderr, in every file, and in the arguments and the environment of every started process. `--debug` is always on.
 */

const slow = 120_000;
const token = 'tok-EXAMPLE';
/** In a vendor's shape, as a server's own secrets are. */
const canary = 'sk-canary0123456789abcdefEXAMPLE';

/** How often each command ended with each exit code. */
const seen: Record<string, Record<number, number>> = {};
let processes = 0;

afterAll(() => {
  const lines = Object.entries(seen).map(([name, exits]) => {
    const ends = Object.entries(exits).map(([exit, count]) => `${exit} ×${count}`);
    return `${name.padEnd(16)} ${ends.join(', ')}`;
  });
  process.stdout.write(`exits by command, no leak in any:\n${lines.join('\n')}\n`);
  process.stdout.write(`${processes} other processes had no secret in their arguments or environment\n`);
});

/** A sandbox that searches each run for secrets. */
class Sweep {
  readonly box: Sandbox;
  readonly vendors: StandIns = workingVendors();
  readonly env: Record<string, string>;
  readonly #trace = join(temporaryFolder(), 'trace');

  constructor(box: Sandbox, env: Record<string, string> = {}) {
    this.box = box;
    this.env = { PATH: `${this.vendors.folder}:${process.env.PATH}`, DISPLAY: ':0', ...env };
    // It repeats the secret and fails.
    this.vendors.add('refuse', { code: 1, stderr: 'no: $STDIN', stdout: '$STDIN' });
    this.vendors.add('consumer');
  }

  /** Runs a command, written as in a shell without quotes, and expects this exit code, if any. */
  async run(line: string, exit: number | undefined, options: RunOptions = {}): Promise<string> {
    const args = line.split(' ');
    const strace = [
      'strace',
      '-f',
      '--seccomp-bpf',
      '-qq',
      '-v',
      '-s',
      '1000000',
      '-e',
      'trace=execve',
      '-o',
      this.#trace,
    ];
    const command = [...strace, process.execPath, program, ...args, '--debug'];
    if (args.includes('--')) command.splice(command.indexOf('--', strace.length), 0, command.pop() ?? '');
    const run = await this.box.command(command, { ...options, env: { ...this.env, ...options.env } });
    const exitCode = run.exit ?? -1;
    if (exit !== undefined) expect(exitCode, `keys ${line}: ${run.stderr}`).toBe(exit);
    expect(run.stderr).not.toContain('a bug in keys');
    const name = args.slice(0, 2).join(' ') in catalog ? args.slice(0, 2).join(' ') : (args[0] ?? '');
    seen[name] = { ...seen[name], [exitCode]: (seen[name]?.[exitCode] ?? 0) + 1 };
    this.#searchTrace(line);
    expect(this.box.leaks(), `files after keys ${line}`).toEqual([]);
    return run.stdout;
  }

  /** The first process is `keys` itself, whose environment is the caller's. `consumer` is what `run` starts. */
  #searchTrace(line: string): void {
    const [, ...children] = readFileSync(this.#trace, 'utf8').trimEnd().split('\n');
    // Looking for a program in the folders of the PATH does not start it.
    const started = children.filter((one) => one.endsWith(' = 0') && !one.includes('/consumer"'));
    for (const child of started) {
      processes += 1;
      expect(holdsSecret(child), `a process that keys ${line} started: ${child.slice(0, 200)}`).toBe(false);
    }
  }
}

const secretOnStdout = true;

describe.skipIf(lacks('strace', 'git'))('no secret where none belongs', { timeout: slow }, () => {
  test('on the embedded authority', async () => {
    const box = withEscrow(new Sandbox());
    const sweep = new Sweep(box);
    const run = sweep.run.bind(sweep);
    for (const name of ['a', '.env', 'late', 'session', 'sub/key', 'leaky.yaml']) box.expectSecretIn(name);
    await box.command(['git', 'init', '-q']);
    writeFileSync(join(box.cwd, '.gitignore'), 'a\n.env\nlate\nsession\nsub\n');

    await run('create a --to file:a --expires 90d --label team=ci', 0);
    await run('create b --to env:.env#B --json', 0);
    await run('create c --to exec:deliver --to github:acme/app#C --to vault:m/p#F --to kubernetes:p/s#K', 0);
    // The process that clears the clipboard outlives the command, and strace with it; the fake programs record their calls.
    await box.program(['create', 'clip', '--to', 'clipboard', '--debug'], { env: sweep.env });
    for (const { args, env, cmdline } of sweep.vendors.calls)
      expect(holdsSecret(JSON.stringify([args, env, cmdline]))).toBe(false);
    await run('create d --secret-only', 0, { secretOnStdout });
    await run('create e --json', 0, { secretOnStdout });
    await run('create f --json', 0, {
      secretOnStdout,
      env: { GITHUB_ACTIONS: 'true' },
      secretOnStderr: true,
    });
    await run('create g', 2);
    await run('create g --to file:tracked', 1);
    await run('create g --to exec:missing', 1);
    await run('create g --to exec:refuse --json', 5);
    await run('create h --to file:late --to exec:refuse', 5);
    await run('create i --to exec:deliver --dry-run', 0);
    await run('create a --to exec:deliver --if-missing --json', 0);
    await run('recover --list', 0);
    await run('recover --all --json', 5);
    sweep.vendors.add('refuse');
    await run('recover --all --yes', 0);

    await run('rotate a --to file:a', 0);
    await run('rotate a --grace 0 --json', 0, { secretOnStdout });
    await run('rotate a --grace 0 --to file:a --to exec:missing', 1);
    await run('rotate a --grace 0 --to file:a', 0);
    await run('rotate --all --older-than 1y --to exec:deliver --dry-run', 2);
    await run('rotate --finish --json', 0);
    await run('rotate nosuch --to exec:deliver', 3);

    box.expectSecretIn('sub/planned');
    box.write('sub/.keep', '');
    box.write('keys.yaml', 'keys:\n  p: { to: ["file:sub/planned"] }\n  q: { to: ["exec:refuse-q"] }\n');
    await run('plan --json', 8);
    await run('apply', 2);
    await run('apply --yes', 1);
    box.write('keys.yaml', 'keys:\n  p: { to: ["file:sub/planned"], rotate: { olderThan: 1s, grace: 0 } }\n');
    await run('apply --yes --json', 0);
    box.write('sub/planned', 'another value');
    await run('plan', 8);
    await run('apply --yes --redeliver --format ndjson', 0);

    const value = box.read('a');
    await run('list --status all --json', 0);
    await run('list', 0);
    await run('show a', 0);
    await run('show nosuch', 3);
    writeFileSync(join(box.cwd, 'keys.yaml'), await run('export', 0));
    await run('export --all-profiles --json', 0);
    writeFileSync(join(box.cwd, 'leaky.yaml'), `keys: { a: { description: "${canary}" } }`);
    await run('plan', undefined);
    await run('plan leaky.yaml', 2);
    await run('apply leaky.yaml --yes', 2);
    await run('apply --yes --json', undefined);
    await run('update a --description text --disable', 0);
    await run('update a --enable', 0);
    await run('update nosuch --name x', 3);
    await run('rename a a', 0);
    await run('config list', 0);
    await run('config unset currentProfile', 0);
    await run('config get url', undefined);
    await run('config set url https://api.example.com', undefined);
    await run('config edit', 2);
    await run('verify --from file:a', 0);
    await run('verify --json', 0, { stdin: value });
    await run('verify', 8, { stdin: `${value.slice(0, -1)}_EXAMPLE` });
    await run('verify --from file:nosuch', 1);
    await run('find --from env:.env#B', 0);
    await run('find --all-profiles --json', 3, { stdin: canary });
    await run('find', 0, { stdin: value.slice(0, -1) });
    await run('leaks --no-ignore --json', 8);
    await run('leaks a .env --format table', 8);
    await run('leaks nosuch', 2);
    await run('run --env A=file:a --env B=env:.env#B -- consumer', 0);
    await run('run --env A=file:a -- missing', 127);
    await run(`run --env A=${value} -- consumer`, 2);
    await run(`run -- consumer ${value}`, 2);
    for (const lang of ['curl', 'python', 'node', 'sh', 'cmd', 'powershell'])
      await run(`snippet a --lang ${lang}`, 0);
    await run('snippet nosuch', 3);
    await run('logs --limit 5', 0);
    await run('logs --status 999', 2);
    await run('usage --by key', 0);
    writeFileSync(
      join(box.cwd, 'policy.yaml'),
      'keys: { a: { to: [file:a] }, b: { to: ["env:.env#B"] } }\naudit: { require: [budget] }\n',
    );
    for (const format of ['table', 'json', 'csv', 'sarif', 'markdown'])
      await run(`audit --all-profiles --file policy.yaml --format ${format}`, 8);
    await run(`audit --file ${value}`, 2);
    await run('usage --since never', 2);
    await run('revoke b --yes --json', 0);
    await run('revoke b --yes', 0);
    await run('revoke a', 2);
    await run(`revoke ${value} --yes`, 2);
    await run(`show ${value}`, 2);

    await run('session create --user alice --to file:session', 0);
    await run('session create --user bob --secret-only', 0, { secretOnStdout });
    await run('session create --user eve', 2);
    await run('session create --user eve --to exec:refuse', 0);
    const sessions = JSON.parse(await run('session list --json', 0)) as { id: string }[];
    await run(`session revoke ${sessions[0]?.id} --yes`, 0);
    await run('session revoke nosuch --yes', 3);

    const server = await startServe(box, ['--debug']);
    const headers = { authorization: `Bearer ${value}` };
    for (const path of ['/v1/models', `/v1/models?key=${value}`, `/${value}`, '/metrics', '/admin/keys'])
      await fetch(server.url + path, {
        headers,
        ...(path === '/metrics' && { method: 'POST', body: value }),
      });
    expect(await server.stop()).toBe(0);
    expect(holdsSecret(server.log().join('\n') + server.stderr())).toBe(false);
    seen.serve = { 0: 1 };

    await run('backup copy.db', 1);
    await run('backup copy.db --allow-in-git --json', 0);
    await run(`backup ${value}`, 2);
    await run('restore copy.db', 2);
    await run('restore copy.db --yes', 0);

    await run('doctor', undefined);
    await run('completion bash', 0);
    await run('completion zsh --install --json', 0, { env: { SHELL: '/bin/zsh' } });
    await run(`completion ${value}`, 2);
    for (const line of [
      'status',
      'whoami',
      'help create',
      'provider list',
      'provider show unreal',
      'profile list',
      'docs ci',
    ])
      await run(line, 0);
  });

  test('on an API, with its token in the environment, in a file, from a program, and stored', async () => {
    const server = await UnrealServer.start();
    const box = withEscrow(new Sandbox());
    for (const name of ['a', 'b', 'token']) box.expectSecretIn(name);
    const place = { KEYS_PROVIDER: 'unreal', KEYS_URL: server.url };
    const sweep = new Sweep(box, { ...place, KEYS_TOKEN: token });
    const run = sweep.run.bind(sweep);

    await run('create a --to file:a', 0);
    await run('create b --to exec:deliver --to gitlab:acme/app#B --json', 0);
    await run('create c --json', 0, { secretOnStdout });
    await run('create d --to exec:refuse', 1);
    server.lostReplies.push((response) => void response.socket?.destroy());
    await run('create e --to file:b', 5);
    await run('rotate a --grace 0 --to file:a --json', 0);
    await run('rotate c --to exec:refuse', 1);
    await run('recover --list --json', 0);
    await run('recover --all --yes --json', 0);
    sweep.vendors.add('refuse');
    await run('recover --all --yes', 0);
    await run('list', 0);
    await run('show a --json', 0);
    await run('update a --name x', 2);
    await run('verify --from file:a', 0);
    await run('find --from file:a', 5);
    await run('find --from file:a --all-profiles', 5);
    await run('run --env A=file:a -- consumer', 0);
    await run('snippet a', 0);
    await run('usage', 0);
    await run('audit --all-profiles --format markdown', undefined);
    await run('logs', 2);
    await run('api GET /v1/keys', 0);
    await run('api GET /v1/nosuch', 3);
    await run('api GET /v1/keys --paginate', 0);
    await run('open', 2);
    await run('open --provider resend --url https://api.resend.com --json', 0);
    // What is typed at Tab, and the process that it starts in the background.
    await run('completion --words fish', 0, { stdin: `verify\0${canary}\0--profile\0unreal\0` });
    await run('completion --words fish', 0, { stdin: 'show\0\0' });
    await run('status', 0);
    await run('whoami', 0);
    await run('status --all-profiles --json', 0);
    await run('status --url http://keys.example.com', 2);
    await run('doctor', undefined);
    await run('provider check nosuch.json', 1);
    writeFileSync(join(box.cwd, 'mine.json'), JSON.stringify({ ...unreal, id: 'mine' }));
    await run('provider check mine.json --show-requests', 0);
    await run('provider add mine.json', 0);
    await run('provider new', 2);
    await run('revoke a --yes', 0);

    writeFileSync(join(box.cwd, 'token'), token, { mode: 0o600 });
    await run('list', 0, { env: { KEYS_TOKEN: '', KEYS_TOKEN_FILE: 'token' } });
    sweep.vendors.add('tokens', { stdout: token });
    withProfiles(box, {
      local: { provider: 'local', escrow: 'file' },
      mine: { provider: 'unreal', url: server.url, tokenCommand: ['tokens'] },
    });
    const none = { KEYS_TOKEN: '', KEYS_PROVIDER: '', KEYS_URL: '' };
    await run('list --profile mine', 0, { env: none });
    await run('create f --profile mine --to exec:deliver', 0, { env: none });
    sweep.vendors.add('tokens', { stdout: 'no', stderr: token, code: 1 });
    await run('list --profile mine', 4, { env: none });

    const login = `login --provider unreal --url ${server.url} --with-token --store file --profile kept`;
    await run(login, 0, { env: none, stdin: token });
    await run('list', 0, { env: none });
    await run('profile use kept', 0, { env: none });
    await run('profile use nosuch', 2, { env: none });
    server.isLocked = true;
    await run('list', 4, { env: none });
    await run(login, 4, { env: none, stdin: token });
    await run('logout', 0, { env: none });
    await run('profile remove kept --yes', 0, { env: none });
    await run(`login --with-token ${token}`, 2, { env: none });
  });

  test.each([200, 401, 409, 500])(
    'on an API that responds with %i and repeats the token and the whole request',
    async (status) => {
      const box = withEscrow(new Sandbox());
      box.expectSecretIn('key');
      writeFileSync(join(box.cwd, 'key'), canary, { mode: 0o600 });
      const env = { KEYS_PROVIDER: 'unreal', KEYS_URL: await parrot(status), KEYS_TOKEN: token };
      const sweep = new Sweep(box, env);
      const reads = ['show a --json', 'revoke a --yes', 'snippet a', 'usage', 'find --from file:key'];
      // Reads are retried if the server fails.
      for (const line of ['list', 'create a --to file:key2', ...(status === 500 ? [] : reads)])
        await sweep.run(line, undefined);
      const audits = ['audit', 'audit --all-profiles --json', 'audit --all-profiles --format sarif'];
      for (const line of ['verify --from file:key --json', 'status', ...audits])
        await sweep.run(line, undefined);
      for (const line of ['whoami --json', 'whoami'])
        await sweep.run(line, undefined, { env: { KEYS_PROVIDER: 'authority' } });
    },
  );

  test('every command was run', () => {
    const missing = Object.keys(catalog).filter((name) => !(name in seen));
    expect(missing).toEqual([]);
  });
});

/** The URL of a server that repeats each request in its body and headers, with a secret of its own. */
async function parrot(status: number): Promise<string> {
  const server: Server = createServer(async (request, response) => {
    const echo = `${request.headers.authorization} ${request.url} ${await textOf(request)} ${canary}`;
    response.writeHead(status, { 'content-type': 'application/json', 'x-request-id': echo, 'x-echo': echo });
    const error = { message: echo, code: echo, type: echo };
    response.end(JSON.stringify({ error, message: echo, detail: echo, key: echo, name: 5, keys: [echo] }));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const piece of request) text += String(piece);
  return text;
}
