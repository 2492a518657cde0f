import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { fileEscrow } from '../../src/journal/escrow.ts';
import { openJournal } from '../../src/journal/journal.ts';
import { issueKey } from '../../src/keys/operations/issue.ts';
import { makePrivateFolder } from '../../src/platform/paths.ts';
import { powerdns } from '../../src/providers/built-in/powerdns.ts';
import type { Provider } from '../../src/providers/declaration/provider.ts';
import { openSinks } from '../../src/sinks/open-sinks.ts';
import type { SinkSpec } from '../../src/sinks/sink-spec.ts';
import { parseSink } from '../../src/sinks/sink-spec.ts';
import { remoteAt } from '../remote/remote-of.ts';
import { spec } from '../support/authority.ts';
import { withProfiles } from '../support/escrow.ts';
import { FaultServer, json, text } from '../support/fault-server.ts';
import { Killed, MortalPorts } from '../support/mortal-ports.ts';
import { filesBelow, program, Sandbox } from '../support/sandbox.ts';
import { sinkContext } from '../support/sink-context.ts';

/*
 * The secret that keys makes for an API exists nowhere else: killed at the call that sends it, keys has it in escrow, and
 * recovery delivers it if the API stored it.
 */

const slow = 120_000;

/** PowerDNS as it is, and an API that creates keys the same way and shows no secret again. */
const { secret: _, ...show } = powerdns.show ?? {};
const taking: Provider = {
  ...powerdns,
  id: 'taking',
  capabilities: { ...powerdns.capabilities, overlap: 'client' },
  show,
  create: {
    post: '/tsigkeys',
    body: { name: '{name}', key: '{newSecret}' },
    makes: { bytes: 64, as: 'base64' },
    key: '',
  },
};
delete (taking as { rotate?: unknown }).rotate;

interface Stored {
  id: string;
  name: string;
  key: string;
}

/** When the process dies: before the API stores the secret, or after it has, before it answers. */
type Moment = 'before' | 'after';

/** An API that lists no new key for long, and accepts its secret, refuses it, or does neither. */
class HiddenKeys {
  status = 503;

  attach(server: FaultServer): void {
    server.always('GET /tsigkeys', json(200, []));
    server.always('GET /whoami', (...exchange) => json(this.status, { user: 'ci' })(...exchange));
  }
}

const verifying: Provider = { ...taking, id: 'verifying', verify: { get: '/whoami' } };

async function world(provider: Provider, moment: Moment) {
  const box = new Sandbox();
  const server = await FaultServer.start();
  const keys = new Map<string, Stored>();
  let victim: ChildProcess | undefined;
  const shown = ({ id, name }: Stored) => ({ id, name, key: '' });
  server.always('GET /tsigkeys', (...exchange) => json(200, [...keys.values()].map(shown))(...exchange));
  server.always('GET /tsigkeys/ci.', (...exchange) => {
    const stored = keys.get('ci.');
    json(stored ? 200 : 404, stored ?? {})(...exchange);
  });
  for (const route of ['PUT /tsigkeys/ci.', 'POST /tsigkeys']) {
    server.always(route, (response, request) => {
      const { key } = JSON.parse(String(request.body)) as Stored;
      const store = () => keys.set('ci.', { id: 'ci.', name: 'ci', key });
      if (victim && moment === 'before') {
        victim.kill('SIGKILL');
        return;
      }
      store();
      if (victim) {
        victim.kill('SIGKILL');
        return;
      }
      text(204, '')(response, request);
    });
  }
  box.ownProvider(provider);
  withProfiles(box, { work: { provider: provider.id, url: server.origin, escrow: 'file' } });
  box.expectEscrow();
  const env = { KEYS_PROFILE: 'work', KEYS_TOKEN: 'tok-EXAMPLE' };
  const killed = (args: readonly string[]) =>
    new Promise<void>((done) => {
      const child = spawn(process.execPath, [program, ...args], {
        cwd: box.cwd,
        env: { ...box.env, ...env },
        stdio: 'ignore',
      });
      onTestFinished(() => void child.kill('SIGKILL'));
      victim = child;
      child.on('exit', (_exit, signal) => {
        victim = undefined;
        expect(signal).toBe('SIGKILL');
        done();
      });
    });
  const recover = () => box.program(['recover', '--all', '--yes', '--json'], { env });
  return { box, server, keys, killed, recover };
}

const limits = ['--timeout', '2s', '--to', 'file:ci.key'];
const rotate = ['rotate', 'ci', '--allow-downtime', '--yes', ...limits];
const create = ['create', 'ci', ...limits];
const own = { ...powerdns, id: 'own-powerdns' };

test(
  'a rotation that was killed after the API stored the secret is finished with that secret',
  async () => {
    const { box, keys, killed, recover } = await world(own, 'after');
    keys.set('ci.', { id: 'ci.', name: 'ci', key: 'old' });
    await killed(rotate);
    expect(keys.get('ci.')?.key).not.toBe('old');
    const run = await recover();
    expect(run.exit, run.stderr).toBe(0);
    expect(JSON.parse(run.stdout)).toMatchObject([{ outcome: 'delivered', id: 'ci.' }]);
    expect(box.read('ci.key').trim()).toBe(keys.get('ci.')?.key);
  },
  slow,
);

test(
  'a rotation that was killed before the API stored the secret changes nothing',
  async () => {
    const { box, keys, killed, recover } = await world(own, 'before');
    keys.set('ci.', { id: 'ci.', name: 'ci', key: 'b2xkIHZhbHVlIG9mIHRoZSBrZXk=' });
    box.write('ci.key', 'b2xkIHZhbHVlIG9mIHRoZSBrZXk=\n');
    await killed(rotate);
    const run = await recover();
    expect(run.exit, run.stderr).toBe(0);
    expect(JSON.parse(run.stdout)).toMatchObject([{ outcome: 'ended' }]);
    expect(box.read('ci.key').trim()).toBe(keys.get('ci.')?.key);
  },
  slow,
);

test(
  'a creation that was killed after the API stored the secret delivers it',
  async () => {
    const { box, keys, killed, recover } = await world(taking, 'after');
    await killed(create);
    const run = await recover();
    expect(run.exit, run.stderr).toBe(0);
    expect(JSON.parse(run.stdout)).toMatchObject([{ outcome: 'delivered', id: 'ci.' }]);
    expect(box.read('ci.key').trim()).toBe(keys.get('ci.')?.key);
  },
  slow,
);

test(
  'a creation that was killed before the API stored the secret leaves nothing',
  async () => {
    const { box, keys, killed, recover } = await world(taking, 'before');
    await killed(create);
    const run = await recover();
    expect(run.exit, run.stderr).toBe(0);
    expect(JSON.parse(run.stdout)).toMatchObject([{ outcome: 'ended' }]);
    expect(keys.size).toBe(0);
    expect(() => box.read('ci.key')).toThrow('ENOENT');
  },
  slow,
);

test(
  'a secret whose key is not listed is given up only if the API refuses it',
  async () => {
    const { box, server, keys, killed } = await world(verifying, 'after');
    const hidden = new HiddenKeys();
    hidden.attach(server);
    await killed(create);
    // The API has had time to show what it made.
    const recover = (...args: string[]) =>
      box.keys(['recover', ...args, '--timeout', '2s', '--json'], {
        env: { KEYS_PROFILE: 'work', KEYS_TOKEN: 'tok-EXAMPLE' },
        now: new Date(Date.now() + 120_000),
      });
    for (const status of [403, 200]) {
      hidden.status = status;
      const run = await recover('--all', '--yes');
      expect(run.exit, run.stderr).toBe(5);
      expect(JSON.parse(run.stdout)).toMatchObject([{ outcome: 'open', escrow: 'file' }]);
      expect(run.stdout).toContain('but does not refuse its secret, which is in escrow');
      expect(filesBelow(join(box.home, 'state', 'escrow'))).toHaveLength(1);
    }
    const [{ operation }] = JSON.parse((await recover('--list')).stdout);
    expect(await recover(operation, '--to', 'file:ci.key')).toMatchObject({ exit: 0 });
    expect(box.read('ci.key').trim()).toBe(keys.get('ci.')?.key);
    expect(filesBelow(join(box.home, 'state', 'escrow'))).toEqual([]);
  },
  slow,
);

test.each([
  ['the API refuses it', ['--all', '--yes'], 401],
  ['the user gives it up', ['--revoke', '--yes'], 200],
])(
  'a secret whose key is not listed is erased if %s',
  async (_, args, status) => {
    const { box, server, killed } = await world(verifying, 'before');
    const hidden = new HiddenKeys();
    hidden.attach(server);
    hidden.status = status;
    await killed(create);
    const env = { KEYS_PROFILE: 'work', KEYS_TOKEN: 'tok-EXAMPLE' };
    const now = new Date(Date.now() + 120_000);
    const [{ operation }] = JSON.parse(
      (await box.keys(['recover', '--list', '--json'], { env, now })).stdout,
    );
    const chosen = args.includes('--all') ? args : [operation, ...args];
    const run = await box.keys(['recover', ...chosen, '--json'], { env, now });
    expect(run.exit, run.stderr).toBe(0);
    expect([JSON.parse(run.stdout)].flat()).toMatchObject([{ outcome: 'ended' }]);
    expect(filesBelow(join(box.home, 'state', 'escrow'))).toEqual([]);
  },
  slow,
);

test('a creation that is killed before each of its calls is delivered or leaves nothing', async () => {
  const moments = 20;
  let ended = 0;
  for (let n = 1; n <= moments; n += 1) {
    const { box, server, keys } = await world(taking, 'after');
    const mortal = new MortalPorts(n);
    const { backend } = remoteAt(taking, {
      url: server.url('/'),
      token: 'tok-EXAMPLE',
      now: () => new Date(),
    });
    const journal = openJournal(
      {
        folder: join(box.home, 'state', 'operations'),
        escrows: {
          keychain: () => Promise.reject(new Error('no keychain in this test')),
          file: async () => fileEscrow(join(box.home, 'state', 'escrow'), makePrivateFolder),
          allowed: ['file'],
        },
        now: () => new Date(),
        makeFolder: makePrivateFolder,
        warn: async () => {},
      },
      { profile: 'work', provider: 'taking', url: `${server.origin}/`, cwd: box.cwd },
    );
    const sinks = await openSinks([parseSink('file:ci.key')].filter(isPlace), sinkContext(box.cwd));
    const issued = issueKey(mortal.backend(backend), spec({ name: 'ci' }), {
      sinks: mortal.sinks(sinks),
      known: [],
      journal: mortal.journal(journal),
      onSecret: async () => {},
    });
    await issued.catch((error: unknown) => {
      if (!mortal.isDead) throw error;
      expect(error).toBeInstanceOf(Killed);
    });
    await mortal.release();
    if (!mortal.isDead) ended += 1;
    // The API has had time to show what it made.
    const run = await box.keys(['recover', '--all', '--yes', '--json'], {
      env: { KEYS_PROFILE: 'work', KEYS_TOKEN: 'tok-EXAMPLE' },
      now: new Date(Date.now() + 120_000),
    });
    expect(run.exit, `killed before call ${n}: ${run.stderr}`).toBe(0);
    const stored = keys.get('ci.')?.key;
    if (stored === undefined) expect(() => box.read('ci.key')).toThrow('ENOENT');
    else expect(box.read('ci.key').trim()).toBe(stored);
    expect(filesBelow(join(box.home, 'state', 'escrow'))).toEqual([]);
  }
  expect(ended).toBeGreaterThan(0);
  expect(ended).toBeLessThan(moments / 2);
});

function isPlace(sink: SinkSpec): sink is Exclude<SinkSpec, { kind: 'stdout' }> {
  return sink.kind !== 'stdout';
}
