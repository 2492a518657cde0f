import { hostname, userInfo } from 'node:os';
import { stripVTControlCharacters } from 'node:util';
import stringWidth from 'string-width';
import { describe, expect, test } from 'vitest';
import type { Environment } from '../../src/platform/env.ts';
import { spec } from '../support/authority.ts';
import { refusedKeys, withAuthority } from '../support/embedded-authority.ts';
import { withEscrow } from '../support/escrow.ts';
import { Sandbox } from '../support/sandbox.ts';
import { StandIns } from '../support/stand-in.ts';
import { bashIn, keysIn } from '../support/terminal.ts';

const colour = /\x1b\[[0-9;]*m/;

test('create without a name asks for one, and Enter takes the proposal', async () => {
  const box = new Sandbox();
  const name = `${userInfo().username}-${hostname().split('.')[0]}`;
  const terminal = keysIn(box, ['create'], { secretShown: true });

  await terminal.shows(name);
  terminal.type('\r');

  expect(await terminal.ended).toBe(0);
  expect(await names(box)).toEqual([name]);
});

test('create without a name takes what is typed', async () => {
  const box = new Sandbox();
  const terminal = keysIn(box, ['create'], { secretShown: true });
  await terminal.shows('Name of the key');
  terminal.type('ci\r');
  expect(await terminal.ended).toBe(0);
  expect(await names(box)).toEqual(['ci']);
});

test('the secret is shown once, alone on its line, with the reminder', async () => {
  const box = new Sandbox();
  const terminal = keysIn(box, ['create', 'ci', '--expires', '90d'], { secretShown: true });
  expect(await terminal.ended).toBe(0);

  const secrets = terminal.output.match(/sk_\w{16}_\w{43}_\w{6}/g) ?? [];
  expect(secrets).toHaveLength(1);
  const lines = linesOf(terminal.output);
  const at = lines.indexOf(secrets[0] ?? '');
  expect(lines.slice(at - 1, at + 2)).toEqual(['', secrets[0], '']);
  expect(lines.slice(at).join('\n')).toContain('the secret is not shown again');
  expect(await refusedKeys(box, secrets)).toEqual([]);
});

test('revoke asks to type the name, and the name revokes the key', async () => {
  const box = await boxWith(['ci']);
  const terminal = keysIn(box, ['revoke', 'ci']);
  await terminal.shows('Type ci to revoke it');
  terminal.type('ci\r');
  expect(await terminal.ended).toBe(0);
  expect(await statuses(box)).toEqual(['revoked']);
});

test('a wrong answer revokes nothing', async () => {
  const box = await boxWith(['ci']);
  const terminal = keysIn(box, ['revoke', 'ci']);
  await terminal.shows('Type ci to revoke it');
  terminal.type('cd\r');
  expect(await terminal.ended).toBe(1);
  expect(terminal.output).toContain('nothing was revoked');
  expect(await statuses(box)).toEqual(['active']);
});

test.for([['create'], ['revoke', 'ci']])('Ctrl-C at the question of %s ends with 130', async (args) => {
  const box = await boxWith(['ci']);
  const terminal = keysIn(box, args);
  await terminal.shows(args.length === 1 ? 'Name of the key' : 'Type ci to revoke it');
  terminal.type('\x03');
  expect(await terminal.ended).toBe(130);
  expect(await statuses(box)).toEqual(['active']);
  expect(await names(box)).toEqual(['ci']);
});

test.each([
  ...['CI=true', 'CI=1', 'CI=woodpecker', 'GITHUB_ACTIONS=true', 'TF_BUILD=True', 'CLAUDECODE=1'].flatMap(
    (variable) =>
      [
        ['create', 'new'],
        ['rotate', 'ci'],
        ['session', 'create', '--user', 'ada'],
      ].map((args) => [variable, args] as const),
  ),
])('with %s a terminal gets no secret by default: %s', async (variable, args) => {
  const box = await boxWith(['ci']);
  const [name = '', value] = variable.split('=');
  const terminal = keysIn(box, args, { env: { [name]: value } });
  expect(await terminal.ended).toBe(2);
  expect(terminal.output).toContain(`${name} is set`);
  expect(await names(box)).toEqual(['ci']);
});

test.each(['CI=', 'CI=false', 'CI=0'])('with %s a terminal is one', async (variable) => {
  const box = new Sandbox();
  const [name = '', value] = variable.split('=');
  const terminal = keysIn(box, ['create', 'ci'], { env: { [name]: value }, secretShown: true });
  expect(await terminal.ended).toBe(0);
  expect(terminal.output).toMatch(/sk_\w{16}_\w{43}_\w{6}/);
});

test('with CI set nothing is asked, and what waits is not printed', async () => {
  const box = withEscrow(new Sandbox());
  const vendors = new StandIns().add('deliver', { code: 1 });
  const env = { PATH: `${vendors.folder}:${process.env.PATH}`, CI: 'true' };
  expect((await box.program(['create', 'ci', '--to', 'exec:deliver'], { env })).exit).toBe(5);
  for (const args of [['verify'], ['find'], ['revoke', 'ci'], ['login', '--provider', 'unreal']])
    expect(await keysIn(box, args, { env }).ended).toBe(2);
  expect(await keysIn(box, ['recover'], { env }).ended).toBe(5);
  expect(await keysIn(box, ['rotate', 'ci'], { env }).ended).toBe(2);
});

const hostile = 'x\x1b[31mred\nnext\u202eesrever';

test.for([['list'], ['show', hostile], ['list', '--json'], ['list', '--format', 'csv']])(
  'what a hostile name holds does not reach the terminal: %s',
  async (args) => {
    const box = await boxWith([hostile]);
    const terminal = keysIn(box, args, { columns: 200, env: { NO_COLOR: '1' } });
    expect(await terminal.ended).toBe(0);
    expect(terminal.output).not.toContain('\x1b');
    expect(terminal.output).not.toContain('\u202e');
    expect(terminal.output).not.toContain('red\r\n');
    const escaped = args.includes('--json')
      ? 'x\\u001b[31mred\\nnext\\u202eesrever'
      : 'x\\x1b[31mred\\nnext\\u202eesrever';
    expect(terminal.output).toContain(escaped);
  },
);

test('a prompt shows a hostile name harmless, too', async () => {
  const box = await boxWith([hostile]);
  const terminal = keysIn(box, ['revoke', hostile]);
  await terminal.shows('to revoke it');
  terminal.type('no\r');
  expect(await terminal.ended).toBe(1);
  expect(terminal.output).not.toContain('\x1b[31mred');
  expect(terminal.output).not.toContain('\u202e');
});

test('off the terminal --json keeps a hostile name as it is', async () => {
  const box = await boxWith([hostile]);
  expect(await names(box)).toEqual([hostile]);
});

test('list is coloured on a terminal, and not with NO_COLOR or --no-color', async () => {
  const box = await boxWith(['ci']);
  const plain = keysIn(box, ['list']);
  await plain.ended;
  expect(plain.output).toMatch(colour);
  for (const [args, env] of [
    [['list'], { NO_COLOR: '1' }],
    [['list', '--no-color'], {}],
    [['list'], { TERM: 'dumb' }],
  ] as const) {
    const terminal = keysIn(box, args, { env });
    expect(await terminal.ended).toBe(0);
    expect(terminal.output).toContain('ci');
    expect(terminal.output).not.toContain('\x1b');
  }
});

test.for([120, 80, 50, 30])('no line of list is wider than a terminal of %i columns', async (columns) => {
  const box = await boxWith([
    'ci',
    'a-name-that-goes-on-and-on-until-it-is-wider-than-most-terminals-and-tables',
    '東京のサーバーの鍵は長い名前を持っている',
    '👩‍💻 déployé',
  ]);
  const terminal = keysIn(box, ['list'], { columns });
  expect(await terminal.ended).toBe(0);
  const lines = linesOf(terminal.output);
  expect(lines.length).toBeGreaterThan(5);
  expect(lines.filter((line) => stringWidth(line) > columns)).toEqual([]);
});

test('with stdout in a pipe the question still reaches the terminal, and the pipe gets only data', async () => {
  const box = await boxWith(['ci']);
  const terminal = bashIn(box, '"$0" "$1" revoke ci --json | cat > result.json');
  await terminal.shows('Type ci to revoke it');
  terminal.type('ci\r');
  expect(await terminal.ended).toBe(0);
  expect(JSON.parse(box.read('result.json'))).toMatchObject({ name: 'ci', revoked: true, changed: true });
});

async function boxWith(keyNames: readonly string[]): Promise<Sandbox> {
  const box = new Sandbox();
  await withAuthority(box, async (authority) => {
    for (const name of keyNames) {
      await authority.create(spec({ name, description: `for ${name}`, models: ['gpt-4o', 'o3'] }));
    }
  });
  return box;
}

async function names(box: Sandbox): Promise<unknown[]> {
  return (await records(box)).map(({ name }) => name);
}

async function statuses(box: Sandbox): Promise<unknown[]> {
  return (await records(box)).map(({ status }) => status);
}

async function records(box: Sandbox): Promise<Record<string, unknown>[]> {
  const { stdout } = await box.program(['list', '--status', 'all', '--json']);
  return JSON.parse(stdout) as Record<string, unknown>[];
}

/** What stands on the screen, line by line. */
function linesOf(output: string): string[] {
  return stripVTControlCharacters(output).split(/\r*\n/);
}

describe('recover in a terminal', () => {
  /** A key whose secret waits, because what was to take it said no; it takes it from now on. */
  async function waiting(): Promise<{ box: Sandbox; env: Environment; vendors: StandIns }> {
    const box = withEscrow(new Sandbox());
    const vendors = new StandIns().add('deliver', { code: 1 });
    const env = { PATH: `${vendors.folder}:${process.env.PATH}` };
    expect((await box.program(['create', 'ci', '--to', 'exec:deliver'], { env })).exit).toBe(5);
    vendors.add('deliver');
    return { box, env, vendors };
  }

  test('offers to deliver, to revoke and to leave a secret that waits; Enter delivers it', async () => {
    const { box, env, vendors } = await waiting();
    const terminal = keysIn(box, ['recover'], { env });
    await terminal.shows('leave it in escrow');
    expect(stripVTControlCharacters(terminal.output)).toMatch(
      /is in escrow.*deliver it to exec:deliver.*revoke the key/s,
    );
    terminal.type('\r');
    expect(await terminal.ended).toBe(0);
    const [, second] = vendors.calls;
    expect(await refusedKeys(box, [second?.stdin ?? ''])).toEqual([]);
    expect(await statuses(box)).toEqual(['active']);
  });

  test('revokes the key where that is chosen', async () => {
    const { box, env } = await waiting();
    const terminal = keysIn(box, ['recover'], { env });
    await terminal.shows('leave it in escrow');
    terminal.type('\x1b[B\x1b[B\r');
    await terminal.shows('yes, revoke the key');
    terminal.type('\x1b[B\r');
    expect(await terminal.ended).toBe(0);
    expect(await statuses(box)).toEqual(['revoked']);
  });

  test('Enter alone does not confirm a revocation', async () => {
    const { box, env } = await waiting();
    const terminal = keysIn(box, ['recover'], { env });
    await terminal.shows('leave it in escrow');
    terminal.type('\x1b[B\x1b[B\r');
    await terminal.shows('yes, revoke the key');
    terminal.type('\r');
    expect(await terminal.ended).toBe(5);
    expect(await statuses(box)).toEqual(['active']);
  });

  test('delivers to another place that is named, and asks again where the name is none', async () => {
    const { box, env } = await waiting();
    box.expectSecretIn('other.key');
    const terminal = keysIn(box, ['recover'], { env });
    await terminal.shows('leave it in escrow');
    terminal.type('\x1b[B\r');
    await terminal.shows('Where to?');
    terminal.type('fil:other.key\r');
    await terminal.shows('warning: ');
    terminal.type('file:other.key\r');
    expect(await terminal.ended, terminal.output).toBe(0);
    expect(await refusedKeys(box, [box.read('other.key').trim()])).toEqual([]);
    expect(await statuses(box)).toEqual(['active']);
  });

  test('rotate with another place delivers there what waits since a place refused it', async () => {
    const { box, env, vendors } = await waiting();
    vendors.add('deliver', { code: 1 });
    expect((await box.program(['recover', '--all', '--yes'], { env })).exit).toBe(5);
    vendors.add('deliver');
    expect((await box.program(['recover', '--all', '--yes'], { env })).exit).toBe(0);
    vendors.add('deliver', { code: 1 });
    expect((await box.program(['rotate', 'ci', '--to', 'exec:deliver'], { env })).exit).toBe(5);
    box.expectSecretIn('.env');
    const run = await box.program(['rotate', 'ci', '--to', 'env:.env#API_KEY', '--json'], { env });
    expect(run.exit, run.stderr).toBe(0);
    expect(JSON.parse(run.stdout)).toMatchObject({
      changed: true,
      delivered: [{ sink: 'env:.env#API_KEY' }],
    });
    const value = /API_KEY="?'?([^"'\n]+)/.exec(box.read('.env'))?.[1] ?? '';
    expect(await refusedKeys(box, [value])).toEqual([]);
  });

  test('left alone, it still waits: exit 5', async () => {
    const { box, env } = await waiting();
    const terminal = keysIn(box, ['recover'], { env });
    await terminal.shows('leave it in escrow');
    terminal.type('\x1b[A\r');
    expect(await terminal.ended).toBe(5);
    expect(await statuses(box)).toEqual(['active']);
    expect((await box.program(['recover', '--all'], { env })).exit).toBe(0);
  });

  test('of several it asks which', async () => {
    const { box, env, vendors } = await waiting();
    vendors.add('deliver', { code: 1 });
    await box.program(['create', 'second', '--to', 'exec:deliver'], { env });
    vendors.add('deliver');
    const terminal = keysIn(box, ['recover'], { env });
    await terminal.shows('all of them, one after the other');
    terminal.type('\x1b[B\r');
    await terminal.shows('leave it in escrow');
    terminal.type('\r');
    expect(await terminal.ended).toBe(0);
    const { stdout } = await box.program(['recover', '--list', '--json', 'name'], { env });
    expect(JSON.parse(stdout)).toEqual([{ name: 'ci' }]);
  });
});
