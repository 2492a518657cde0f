import { expect, test } from 'vitest';
import { declaration } from '../support/declaration.ts';
import { Sandbox } from '../support/sandbox.ts';
import { StandIns } from '../support/stand-in.ts';
import type { TerminalOptions } from '../support/terminal.ts';
import { bashIn, keysIn } from '../support/terminal.ts';
import type { Filter } from '../support/transcript.ts';
import { ids, prefixes, secrets, Transcript, times } from '../support/transcript.ts';
import { UnrealServer } from '../support/unreal-server.ts';

const years: Filter = { word: 'many', pattern: /(?<=\bin )\d+(?= years \()/g };
const filters = [secrets, prefixes, ids, times, years];
const down = '\x1b[B';

async function listed(box: Sandbox): Promise<unknown[]> {
  const fields = 'name,expiresAt,permissions,rateLimitRpm,budgetUsd,models';
  return JSON.parse((await box.keys(['list', '--json', fields])).stdout) as unknown[];
}

test('the form asks for everything, and prints the command that does the same', async () => {
  const box = new Sandbox();
  box.expectSecretIn('.env');
  box.expectSecretIn('.env.2');
  const terminal = keysIn(box, ['create'], { columns: 200 });
  await terminal.answers([
    ['Name of the key', "ada's key\r"],
    ['When does it expire?', `${down}${down}${down}${down}\r`],
    ['When? (36h', '2099-01-31x\r'],
    ['is not an RFC 3339 time', '2099-01-31\r'],
    ['What may it do?', ` ${down} \r`],
    ['Limits?', `${down}\r`],
    ['Requests per minute', '60\r'],
    ['Budget', 'much\r'],
    ['is neither an amount', '9.50\r'],
    ['Models', 'gpt-4o,mistral-large\r'],
    ['Where does the secret go?', 'dotenv\r'],
    ['Where exactly', '\r'],
    ['Create this key?', '\r'],
  ]);
  const story = await new Transcript(box, filters).screen('keys create', terminal);
  expect(story.slice(0, story.indexOf('Created'))).toMatchInlineSnapshot(`
    "$ keys create
    exit 0
    --- screen
    ✔ Name of the key of local ada's key
    ✔ When does it expire? at another time
    ✔ When? (36h, 12w, 6mo, a date such as [time], or never) [time]x
    warning: '[time]x' is not an RFC 3339 time: use one like [time]
    ✔ When? (36h, 12w, 6mo, a date such as [time], or never) [time]
    ✔ What may it do? read, write (2)
    ✔ Limits? set a rate limit, a budget or models
    ✔ Requests per minute (Enter: no limit) 60
    ✔ Budget in US dollars (Enter: no limit) much
    warning: 'much' is neither an amount of US dollars above 0, such as 25 or 9.50, nor 'none'
    ✔ Budget in US dollars (Enter: no limit) 9.50
    ✔ Models, comma-separated (Enter: no limit) gpt-4o,mistral-large
    ✔ Where does the secret go? a variable of a dotenv file
    ✔ Where exactly, as PATH#NAME? .env#API_KEY
      Name         ada's key
      Profile      local
      Expires      in [many] years ([time])
      Permissions  read, write
      Rate limit   60 requests a minute
      Budget       $9.50
      Models       gpt-4o, mistral-large
      Secret       env:.env#API_KEY
    ✔ Create this key? yes, create it
    the same without questions:
      keys create 'ada'\\''s key' --expires [time] --permission 'read,write' --rate-limit 60 --budget 9.50 --models 'gpt-4o,mistral-large' --to 'env:.env#API_KEY'
    delivered to env:.env#API_KEY and read back
    Name         ada's key
    Id           [id 1]
    Status       active
    Prefix       [prefix]
    "
  `);
  const line = /keys create '.*/.exec(terminal.screen)?.[0] ?? '';
  const again = bashIn(box, line.replace('keys', '"$0" "$1"').replace('#API_KEY', '.2#API_KEY'));
  expect(await again.ended, again.output).toBe(0);
  const [one, other] = await listed(box);
  expect(one).toEqual(other);
});

test('what a flag says is not asked', async () => {
  const box = new Sandbox();
  box.expectSecretIn('key');
  const args = ['--profile', 'local', 'create', '--expires', '90d', '--to', 'file:key', '--budget', '5'];
  const terminal = keysIn(box, args);
  await terminal.answers([
    ['Name of the key', 'ci\r'],
    ['What may it do?', '\r'],
    ['Limits?', '\r'],
    ['Create this key?', '\r'],
  ]);
  expect(await terminal.ended).toBe(0);
  expect(terminal.screen).toContain(
    'keys --profile local create --expires 90d --to file:key --budget 5 ci --permission read\n',
  );
  expect(terminal.screen).not.toContain('When does it expire?');
});

test('no at the end creates nothing', async () => {
  const box = new Sandbox();
  const terminal = keysIn(box, ['create', '--to', 'file:key']);
  await terminal.answers([
    ['Name of the key', 'ci\r'],
    ['When does it expire?', '\r'],
    ['What may it do?', '\r'],
    ['Limits?', '\r'],
    ['Create this key?', `${down}\r`],
  ]);
  expect(await terminal.ended).toBe(1);
  expect(terminal.screen).toContain('error: declined: no key was created');
  expect(await listed(box)).toEqual([]);
});

test('a place that cannot take the secret is refused in the form, and asked for again', async () => {
  const box = new Sandbox();
  const env = {
    PATH: `${new StandIns().add('gh', { code: 1, stderr: 'not logged in' }).folder}:${process.env.PATH}`,
  };
  const terminal = keysIn(box, ['create', '--expires', 'never', '--permission', 'read'], {
    env,
    columns: 160,
  });
  await terminal.answers([
    ['Name of the key', 'ci\r'],
    ['Limits?', '\r'],
    ['Where does the secret go?', 'github\r'],
    ['Where exactly', 'acme/app#API_KEY\r'],
    ['not logged in', 'file\r'],
    ['as PATH?', '/nonexistent/key\r'],
  ]);
  await terminal.shows('warning: ', 2);
  await terminal.rests();
  terminal.type('\x04');
  expect(await terminal.ended).toBe(1);
  expect(await listed(box)).toEqual([]);
});

test('an API that can set nothing else is asked for a name and a destination', async () => {
  const [box, server] = [new Sandbox(), await UnrealServer.start()];
  box.expectSecretIn('ci.key');
  const env = { KEYS_PROVIDER: 'unreal', KEYS_URL: server.url, KEYS_TOKEN: 'tok-EXAMPLE' };
  const terminal = keysIn(box, ['create'], { env });
  await terminal.answers([
    ['Name of the key of unreal', 'ci\r'],
    ['Where does the secret go?', `${down}${down}\r`],
    ['as PATH?', '\r'],
    ['Create this key?', '\r'],
  ]);
  expect(await terminal.ended, terminal.output).toBe(0);
  expect(server.keys.map(({ name }) => name)).toEqual(['ci']);
});

test('an API with fixed spans offers those', async () => {
  const box = new Sandbox();
  const capabilities = { ...declaration.capabilities, expiry: 'steps', expirySteps: ['30d', '6mo', '2y'] };
  const create = { ...declaration.create, body: { name: '{name}', ttl: '{expiresAt:step}' } };
  box.ownProvider({ ...declaration, id: 'steps', capabilities, create } as { id: string });
  const env = { KEYS_PROVIDER: 'steps', KEYS_URL: 'http://127.0.0.1:9', KEYS_TOKEN: 'tok-EXAMPLE' };
  const terminal = keysIn(box, ['create'], { env });
  await terminal.answers([['Name of the key', 'ci\r']]);
  await terminal.shows('When does it expire?');
  await terminal.rests();
  expect(terminal.screen).toContain('❯ in 30 days\n  in 6 months\n  in 2 years\n  never\n\n');
  terminal.type('\x03');
  expect(await terminal.ended).toBe(130);
});

test.each<[what: string, args: string[], options: TerminalOptions]>([
  ['with a name', ['create', 'ci', '--to', 'file:key'], {}],
  ['with --yes', ['create', '--yes', '--to', 'file:key'], {}],
  ['with --no-input', ['create', '--no-input', '--to', 'file:key'], {}],
  ['in CI', ['create', '--to', 'file:key'], { env: { CI: 'true' } }],
])('%s nothing is asked', async (_, args, options) => {
  const box = new Sandbox();
  box.expectSecretIn('key');
  const terminal = keysIn(box, args, options);
  expect(await terminal.ended).toBe(0);
  expect(terminal.screen).not.toContain('? ');
});

test('a coding agent is asked for a name alone', async () => {
  const box = new Sandbox();
  box.expectSecretIn('key');
  const terminal = keysIn(box, ['create', '--to', 'file:key'], { env: { CLAUDECODE: '1' } });
  await terminal.answers([['Name of the key', 'ci\r']]);
  expect(await terminal.ended).toBe(0);
});
