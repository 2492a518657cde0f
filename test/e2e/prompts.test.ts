import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Environment } from '../../src/platform/env.ts';
import { spec } from '../support/authority.ts';
import { withAuthority } from '../support/embedded-authority.ts';
import { withEscrow } from '../support/escrow.ts';
import { Sandbox } from '../support/sandbox.ts';
import { StandIns } from '../support/stand-in.ts';
import { bashIn, keysIn } from '../support/terminal.ts';
import { UnrealServer } from '../support/unreal-server.ts';

interface Scene {
  box: Sandbox;
  env?: Environment;
}

/** A key whose secret waits in escrow, and one that is only there. */
async function waiting(count = 1): Promise<Scene> {
  const box = withEscrow(new Sandbox());
  const vendors = new StandIns().add('deliver', { code: 1 });
  const env = { PATH: `${vendors.folder}:${process.env.PATH}` };
  for (const name of ['w1', 'w2', 'w3'].slice(0, count))
    expect((await box.program(['create', name, '--to', 'exec:deliver'], { env })).exit).toBe(5);
  return { box, env };
}

async function withKeys(names: readonly string[]): Promise<Scene> {
  const box = new Sandbox();
  await withAuthority(box, async (authority) => {
    for (const name of names) await authority.create(spec({ name }));
  });
  return { box };
}

const prompts: [what: string, args: string[], shows: string, make: () => Promise<Scene>, answer?: string][] =
  [
    ['the name of a new key', ['create'], 'Name of the key', () => withKeys(['ci'])],
    ['a revocation', ['revoke', 'ci'], 'Type ci to revoke it', () => withKeys(['ci'])],
    ['several revocations', ['revoke', 'ci', 'cd'], 'Type 2 to revoke', () => withKeys(['ci', 'cd'])],
    ['the provider of a login', ['login'], 'Which provider?', () => withKeys(['ci'])],
    ['the URL of a login', ['login', '--provider', 'authority'], 'URL of', () => withKeys(['ci'])],
    ['the token of a login', ['login', '--provider', 'unreal'], 'Session token for', () => withKeys(['ci'])],
    ['the value to verify', ['verify'], 'API key', () => withKeys(['ci'])],
    ['the value to find', ['find'], 'API key', () => withKeys(['ci'])],
    ['what to recover', ['recover'], 'all of them', () => waiting(2)],
    ['how to recover', ['recover'], 'leave it in escrow', () => waiting()],
  ];

async function records(box: Sandbox): Promise<unknown> {
  return JSON.parse((await box.program(['list', '--status', 'all', '--json', 'id,status'])).stdout);
}

describe.each(prompts)('at the question for %s', (_, args, question, make) => {
  test.each([
    ['Ctrl-C', '\x03', 130],
    ['Ctrl-D', '\x04', 1],
  ])('%s changes nothing, and does not look like success', async (_name, key, exit) => {
    const { box, env } = await make();
    const before = await records(box);
    const line = `"$0" "$1" ${args.join(' ')} && echo DEPLOYING`;
    const terminal = bashIn(box, line, { ...(env && { env }) });
    await terminal.shows(question);
    await new Promise((resume) => setTimeout(resume, 100));
    terminal.type(key);
    expect(await terminal.ended, terminal.output).toBe(exit);
    expect(terminal.output).not.toMatch(/^DEPLOYING/m);
    expect(terminal.output).toMatch(
      exit === 1 ? /error: declined: the input ended/ : /error: interrupted; nothing was changed/,
    );
    expect(await records(box)).toEqual(before);
  });
});

test.each([
  ['create', 'Name of the key'],
  ['revoke ci', 'Type ci to revoke it'],
])('a terminal that hangs up at the question of %s is no answer', async (args, question) => {
  const { box } = await withKeys(['ci']);
  const before = await records(box);
  // Whether or not the program hears of it by a signal.
  const terminal = bashIn(box, `trap "" HUP; "$0" "$1" ${args} ; echo $? > code`);
  await terminal.shows(question);
  terminal.hangUp();
  await until(() => existsSync(join(box.cwd, 'code')) && box.read('code') !== '');
  expect(['1', '130']).toContain(box.read('code').trim());
  expect(await records(box)).toEqual(before);
});

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; !condition(); tries++) {
    if (tries > 250) throw new Error('nothing happened');
    await new Promise((resume) => setTimeout(resume, 20));
  }
}

test.each([['create'], ['revoke ci']])(
  'Ctrl-Z at the question of %s stops the command; fg asks again, and the answer counts',
  async (args) => {
    const { box } = await withKeys(['ci']);
    const line = `set -m; "$0" "$1" ${args} --quiet --json; echo "stopped $?"; fg; echo "ended $?"`;
    const terminal = bashIn(box, line, { secretShown: true });
    const question = args === 'create' ? 'Name of the key' : 'Type ci to revoke it';
    await terminal.shows(question);
    await new Promise((resume) => setTimeout(resume, 100));
    terminal.type('c\x1a');
    await terminal.shows('stopped ');
    await terminal.shows(question, 2);
    await new Promise((resume) => setTimeout(resume, 200));
    terminal.type('ci\r');
    expect(await terminal.ended, terminal.output).toBe(0);
    expect(terminal.output).toContain('ended 0');
    expect(await records(box)).toHaveLength(args === 'create' ? 2 : 1);
  },
);

test.each([
  ['Ctrl-C', '\x03'],
  ['Ctrl-D', '\x04'],
])('%s after one of several keys was revoked: exit 5, and what was done is told', async (_, key) => {
  const { box, env } = await waiting(2);
  const terminal = keysIn(box, ['recover', '--all', '--json'], { ...(env && { env }), columns: 200 });
  await terminal.shows('leave it in escrow');
  await new Promise((resume) => setTimeout(resume, 100));
  terminal.type('\x1b[B\x1b[B\r');
  await terminal.shows('yes, revoke the key');
  await new Promise((resume) => setTimeout(resume, 100));
  terminal.type('\x1b[B\r');
  await terminal.shows('w2');
  await new Promise((resume) => setTimeout(resume, 300));
  terminal.type(key);
  expect(await terminal.ended, terminal.output).toBe(5);
  expect(terminal.output).not.toContain('nothing was changed');
  expect(terminal.output).toMatch(/"outcome": "revoked".*"outcome": "open"/s);
  const statuses = (await records(box)) as { status: string }[];
  expect(statuses.map(({ status }) => status).sort()).toEqual(['active', 'revoked']);
});

test.each(['SIGTERM', 'SIGHUP', 'SIGINT'] as const)(
  '%s at a question is an interrupt: exit 130',
  async (signal) => {
    const { box } = await withKeys(['ci']);
    const terminal = keysIn(box, ['revoke', 'ci']);
    await terminal.shows('Type ci to revoke it');
    terminal.kill(signal);
    expect(await terminal.ended).toBe(130);
    expect(terminal.output).toContain('nothing was changed');
  },
);

test('Ctrl-\\ at a question is an interrupt, too', async () => {
  const { box } = await withKeys(['ci']);
  const terminal = keysIn(box, ['revoke', 'ci']);
  await terminal.shows('Type ci to revoke it');
  await new Promise((resume) => setTimeout(resume, 100));
  terminal.type('\x1c');
  expect(await terminal.ended).toBe(130);
});

test('Ctrl-D on a line that has text on it is no end of input', async () => {
  const { box } = await withKeys(['ci']);
  const terminal = keysIn(box, ['revoke', 'ci']);
  await terminal.shows('Type ci to revoke it');
  await new Promise((resume) => setTimeout(resume, 100));
  terminal.type('c\x04i\r');
  expect(await terminal.ended).toBe(0);
});

test('Enter alone never revokes, a key without a name included', async () => {
  const [box, server] = [new Sandbox(), await UnrealServer.start()];
  server.add('');
  const hash = server.keys[0]?.hash ?? '';
  const env = { KEYS_PROVIDER: 'unreal', KEYS_URL: server.url, KEYS_TOKEN: 'tok-EXAMPLE' };
  const terminal = keysIn(box, ['revoke', hash], { env });
  await terminal.shows('to revoke it');
  await new Promise((resume) => setTimeout(resume, 100));
  terminal.type('\r');
  expect(await terminal.ended).toBe(1);
  expect(terminal.output).toContain(`Type ${hash} to revoke it`);
  expect(server.keys).toHaveLength(1);
});

test('several rotations at once ask nothing: what needs an answer is reported', async () => {
  const { box } = await withKeys(['a', 'b', 'c']);
  box.write('die.sh', 'kill -9 $PPID\n');
  for (const name of ['a', 'b', 'c'])
    expect((await box.program(['rotate', name, '--to', 'exec:sh die.sh'])).exit).toBe(null);
  const before = await records(box);
  const terminal = keysIn(box, ['rotate', 'a', 'b', 'c', '--to', 'exec:true {name}']);
  expect(await terminal.ended, terminal.output).toBe(5);
  expect(terminal.output).not.toContain('?25l');
  expect(terminal.output).toContain('keys recover');
  expect(await records(box)).toEqual(before);
});

const hostile =
  'x\x1b[31mred\r\x9b2Jover\u202egnp\u200b\x1b]8;;https://example.com\x07link\nerror: forged \x85\u2066';

test('names that a server chose are harmless in every question of recover', async () => {
  const box = withEscrow(new Sandbox());
  const vendors = new StandIns().add('deliver', { code: 1, stderr: 'no \x1b[2Jroom\u202e' });
  const env = { PATH: `${vendors.folder}:${process.env.PATH}` };
  for (const name of [hostile, `${hostile}2`])
    expect((await box.program(['create', name, '--to', 'exec:deliver'], { env })).exit).toBe(5);
  const terminal = keysIn(box, ['recover'], { env });
  await terminal.shows('all of them');
  await new Promise((resume) => setTimeout(resume, 100));
  terminal.type('\r');
  await terminal.shows('leave it in escrow');
  await new Promise((resume) => setTimeout(resume, 100));
  terminal.type('\x1b[B\x1b[B\r');
  await terminal.shows('Its secret will be lost');
  await new Promise((resume) => setTimeout(resume, 100));
  terminal.type('\r');
  expect(await terminal.ended).toBe(5);
  for (const part of [
    '\x1b[31m',
    '\x9b',
    '\u202e',
    '\u200b',
    '\x1b]8',
    '\nerror: forged',
    '\x85',
    '\u2066',
    '\x1b[2Jroom',
  ])
    expect(terminal.output.replaceAll('\r\n', '\n')).not.toContain(part);
});
