import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Environment } from '../../src/platform/env.ts';
import { refusedKeys } from '../support/embedded-authority.ts';
import { withEscrow, withProfiles } from '../support/escrow.ts';
import { Sandbox } from '../support/sandbox.ts';
import { startServe } from '../support/serving.ts';
import { StandIns } from '../support/stand-in.ts';
import type { Terminal } from '../support/terminal.ts';
import { bashIn, keysIn } from '../support/terminal.ts';
import { UnrealServer } from '../support/unreal-server.ts';

/** As after a login: reading the configuration must not change which process gets Ctrl-C. */
function configured(): Sandbox {
  const box = new Sandbox();
  mkdirSync(join(box.home, 'config'), { recursive: true });
  writeFileSync(join(box.home, 'config', 'config.json'), '{}');
  return box;
}

const installations = [
  ['no configuration', () => new Sandbox()],
  ['a configuration', configured],
  ['a configuration with an escrow', () => withEscrow(new Sandbox())],
] as const;

async function liveKeys(box: Sandbox): Promise<string[]> {
  const { stdout } = await box.keys(['list', '--json', 'id']);
  return (JSON.parse(stdout) as { id: string }[]).map(({ id }) => id);
}

async function until(condition: () => boolean, terminal: Terminal): Promise<void> {
  for (let tries = 0; !condition(); tries++) {
    if (tries > 1000) throw new Error(`timed out:\n${terminal.output}`);
    await new Promise((resume) => setTimeout(resume, 20));
  }
}

/** A delivery that waits, once it has started, until the test calls `finish`. */
class SlowDelivery {
  readonly #box: Sandbox;
  constructor(box: Sandbox) {
    this.#box = box;
    box.expectSecretIn('got');
    writeFileSync(
      join(box.cwd, 'deliver.sh'),
      'touch begun; while [ ! -e go ]; do sleep 0.05; done; cat > got\n',
    );
  }

  get hasBegun(): boolean {
    return existsSync(join(this.#box.cwd, 'begun'));
  }

  finish(): void {
    writeFileSync(join(this.#box.cwd, 'go'), '');
  }
}

describe.each(installations)('with %s', (_, install) => {
  test.each([
    ['Ctrl-C', '\x03'],
    ['SIGTERM', 'SIGTERM'],
    ['SIGHUP', 'SIGHUP'],
  ])('%s does not stop a delivery', async (_name, request) => {
    const box = install();
    const slow = new SlowDelivery(box);
    const terminal = keysIn(box, ['create', 'ci', '--to', 'exec:sh deliver.sh']);
    await until(() => slow.hasBegun, terminal);
    if (request.startsWith('SIG')) terminal.kill(request as NodeJS.Signals);
    else terminal.type(request);
    await new Promise((resume) => setTimeout(resume, 300));
    slow.finish();

    expect(await terminal.ended, terminal.output).toBe(0);
    expect(await refusedKeys(box, [box.read('got').trim()])).toEqual([]);
    expect(await liveKeys(box)).toHaveLength(1);
  });

  test('the second Ctrl-C ends a delivery that hangs, and no key is left that no operation knows', async () => {
    const box = install();
    const slow = new SlowDelivery(box);
    const terminal = keysIn(box, ['create', 'ci', '--to', 'exec:sh deliver.sh']);
    await until(() => slow.hasBegun, terminal);
    terminal.type('\x03');
    await terminal.shows('press Ctrl-C again');
    await new Promise((resume) => setTimeout(resume, 400));
    terminal.type('\x03');

    expect([1, 5]).toContain(await terminal.ended);
    const { stdout } = await box.program(['recover', '--list', '--json', 'escrow']);
    const open = JSON.parse(stdout) as { escrow: string }[];
    // An open operation knows each live key.
    expect((await liveKeys(box)).length).toBeLessThanOrEqual(open.length);
    expect(existsSync(join(box.cwd, 'got'))).toBe(false);
  });

  test('Ctrl-C before the first change: exit 130, and no program is left running', async () => {
    const box = install();
    box.write('token.sh', 'trap "touch ended; exit 1" TERM; touch begun; sleep 60 & wait\n');
    box.write(
      join(box.home, 'config', 'config.json'),
      JSON.stringify({
        profiles: {
          work: { provider: 'unreal', url: 'http://127.0.0.1:9', tokenCommand: ['sh', 'token.sh'] },
        },
      }),
    );
    const terminal = keysIn(box, ['list', '--profile', 'work']);
    await until(() => existsSync(join(box.cwd, 'begun')), terminal);
    terminal.type('\x03');
    expect(await terminal.ended).toBe(130);
    await until(() => existsSync(join(box.cwd, 'ended')), terminal);
  });
});

test('a delivery that ignores SIGTERM is killed', async () => {
  const box = withEscrow(new Sandbox());
  box.write('deaf.sh', 'trap "" TERM; touch begun; while :; do sleep 0.1; done\n');
  const terminal = keysIn(box, ['create', 'ci', '--to', 'exec:sh deaf.sh']);
  await until(() => existsSync(join(box.cwd, 'begun')), terminal);
  terminal.type('\x03');
  await terminal.shows('press Ctrl-C again');
  await new Promise((resume) => setTimeout(resume, 400));
  terminal.type('\x03');
  expect(await terminal.ended, terminal.output).toBe(5);
  expect(terminal.output).toContain('keys recover');
});

test('SIGHUP does not end a server that was started without a terminal', async () => {
  const served = await startServe(new Sandbox());
  process.kill(served.pid, 'SIGHUP');
  await new Promise((resume) => setTimeout(resume, 300));
  expect((await fetch(`${served.url}/health`)).status).toBeLessThan(500);
  expect(await served.stop('SIGTERM')).toBe(0);
});

test('Ctrl-C in a fleet finishes the rotations that have started: exit 5, with the numbers of done and not started', async () => {
  const box = configured();
  const vendors = new StandIns().add('deliver', { lasts: 400 });
  const env: Environment = { PATH: `${vendors.folder}:${process.env.PATH}` };
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f'])
    await box.keys(['create', name, '--secret-only'], { secretOnStdout: true });
  const args = ['rotate', '--all', '--concurrency', '2', '--grace', '0', '--to', 'exec:deliver {name}'];
  const terminal = keysIn(box, args, { env });
  await until(() => vendors.calls.length >= 2, terminal);
  terminal.type('\x03');
  expect(await terminal.ended, terminal.output).toBe(5);
  expect(terminal.output).toMatch(/\d rotated/);
  expect(terminal.output).toMatch(/\d not started/);
  expect(await liveKeys(box)).toHaveLength(6);
  const { stdout } = await box.program(['recover', '--list', '--json', 'name']);
  expect(JSON.parse(stdout)).toEqual([]);
});

test.each([
  ['creates the key', 'POST /v1/keys'],
  ['verifies the new key', 'GET /v1/models'],
  ['revokes the old key', 'DELETE '],
])('Ctrl-C ends at once the wait for a rate limit on the call that %s: exit 5', async (_, limitedCall) => {
  const [box, server] = [new Sandbox(), await UnrealServer.start()];
  box.expectSecretIn('got');
  box.expectEscrow();
  withProfiles(box, { work: { provider: 'unreal', url: server.url, escrow: 'file' } });
  server.add('ci');
  server.isOverLimit = (what) => what.startsWith(limitedCall);
  const env = { KEYS_PROFILE: 'work', KEYS_TOKEN: 'tok-EXAMPLE' };
  const terminal = keysIn(box, ['rotate', 'ci', '--grace', '0', '--to', 'file:got', '--debug'], { env });
  await terminal.shows('waiting 50000 ms');
  terminal.type('\x03');
  expect(await terminal.ended, terminal.output).toBe(5);

  server.isOverLimit = () => false;
  expect(await box.program(['recover', '--all', '--yes'], { env })).toMatchObject({ exit: 0 });
  const isRotated = limitedCall !== 'POST /v1/keys';
  expect(existsSync(join(box.cwd, 'got'))).toBe(isRotated);
  if (isRotated) expect(server.keys.map(({ secret }) => secret)).toContain(box.read('got'));
  expect(server.keys.map(({ name }) => name)).toContain('ci');
});

test('a command stopped with Ctrl-Z continues after fg, and its delivery is not affected', async () => {
  const box = configured();
  const slow = new SlowDelivery(box);
  const terminal = bashIn(
    box,
    'set -m; "$0" "$1" create ci --to "exec:sh deliver.sh"; echo "stopped $?"; fg; echo "ended $?"',
  );
  await until(() => slow.hasBegun, terminal);
  terminal.type('\x1a');
  await terminal.shows('stopped ');
  slow.finish();
  expect(await terminal.ended, terminal.output).toBe(0);
  expect(terminal.output).toContain('ended 0');
  expect(await refusedKeys(box, [box.read('got').trim()])).toEqual([]);
});

test('no library of the bundle handles signals', async () => {
  const box = configured();
  box.write(
    'count.cjs',
    `const names = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2', 'SIGALRM'];
const taken = [];
process.on('newListener', (name) => taken.push(name));
const times = (one) => taken.filter((name) => name === one).length;
process.once('exit', () => require('node:fs').writeFileSync('counts', names.map(times).join(' ')));`,
  );
  const env = { NODE_OPTIONS: `--require ${join(box.cwd, 'count.cjs')}` };
  const countsAfter = async (args: readonly string[], answer?: [string, string]) => {
    const terminal = keysIn(box, args, { env, secretShown: true });
    if (answer) {
      await terminal.shows(answer[0]);
      terminal.type(answer[1]);
    }
    await terminal.ended;
    return box.read('counts');
  };
  expect(await countsAfter(['create', 'ci'])).toBe('1 1 1 0 0 0');
  expect(await countsAfter(['show'], ['Which key', '\r'])).toBe('1 1 1 0 0 0');
  expect(await countsAfter(['revoke', 'ci'], ['Type ci', 'no\r'])).toBe('1 1 1 0 0 0');
  expect(await countsAfter(['profile', 'use', 'local'])).toBe('1 1 1 0 0 0');
  expect(await countsAfter(['rotate', 'ci', '--to', 'exec:true'])).toBe('1 1 1 0 0 0');
});

test('the third Ctrl-C ends the process at once and leaves the operation in the journal: exit 5', async () => {
  const box = withEscrow(new Sandbox());
  box.write('deaf.sh', 'trap "" TERM; echo $$ > begun; while :; do sleep 0.1; done\n');
  const terminal = keysIn(box, ['create', 'ci', '--to', 'exec:sh deaf.sh']);
  await until(() => existsSync(join(box.cwd, 'begun')) && box.read('begun') !== '', terminal);
  for (const wait of [400, 400, 0]) {
    terminal.type('\x03');
    await new Promise((resume) => setTimeout(resume, wait));
  }
  expect(await terminal.ended, terminal.output).toBe(5);
  expect(terminal.output).toContain('keys recover');
  await until(() => !existsSync(`/proc/${box.read('begun').trim()}`), terminal);
  const { stdout } = await box.program(['recover', '--list', '--json', 'name,escrow']);
  expect(JSON.parse(stdout)).toMatchObject([{ name: 'ci' }]);
});
