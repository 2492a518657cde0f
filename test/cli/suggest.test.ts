import { expect, test } from 'vitest';
import { catalog } from '../../src/commands/catalog.ts';
import { Sandbox } from '../support/sandbox.ts';
import { seedKey } from '../support/seed.ts';

/* What is suggested for every kind of word that was mistyped. */

const now = new Date('2026-11-20T12:00:00Z');

/** The errors and hints of command lines, without `keys help`. */
async function answers(lines: readonly string[], box = new Sandbox()): Promise<string> {
  const texts: string[] = [];
  for (const line of lines) {
    const { exit, stderr } = await box.keys(line.split(' '), { now });
    expect(exit).toBeGreaterThan(1);
    texts.push(`$ keys ${line}\n${stderr.replace(/^hint: keys help.*\n/gm, '')}`);
  }
  return texts.join('');
}

test('commands', async () => {
  const lines = [
    'creat',
    'lsit',
    'rev ci',
    'profile lst',
    'profil use work',
    'provider chek x',
    'xyzzy',
    'profile xyzzy',
  ];
  expect(await answers(lines)).toMatchInlineSnapshot(`
    "$ keys creat
    error: unknown command 'creat'
    hint: keys create
    $ keys lsit
    error: unknown command 'lsit'
    hint: keys list
    $ keys rev ci
    error: unknown command 'rev'
    hint: keys revoke
    $ keys profile lst
    error: unknown command 'profile lst'
    hint: keys profile list
    $ keys profil use work
    error: unknown command 'profil'
    hint: keys profile use
    $ keys provider chek x
    error: unknown command 'provider chek'
    hint: keys provider check
    $ keys xyzzy
    error: unknown command 'xyzzy'
    $ keys profile xyzzy
    error: unknown command 'profile xyzzy'
    hint: keys profile list
    hint: keys profile use
    hint: keys profile remove
    "
  `);
});

test('a misspelt flag before the command is suggested, too: its value was taken for the command', async () => {
  expect(await answers(['--frmat json list', '--xyz list'])).toMatchInlineSnapshot(`
    "$ keys --frmat json list
    error: unknown flag --frmat (did you mean --format?)
    error: unknown command 'json'
    $ keys --xyz list
    error: unknown flag --xyz
    "
  `);
});

test('words of other programs', async () => {
  const lines = [
    'add ci',
    'remove ci',
    'auth login',
    'auth status',
    'api-keys create ci',
    'info ci',
    'profile add work',
    'switch work',
    'regenerate ci',
    'exec',
  ];
  expect(await answers(lines)).toMatchInlineSnapshot(`
    "$ keys add ci
    error: unknown command 'add'
    hint: keys create
    $ keys remove ci
    error: unknown command 'remove'
    hint: keys revoke
    $ keys auth login
    error: unknown command 'auth'
    hint: keys login
    $ keys auth status
    error: unknown command 'auth'
    hint: keys status
    $ keys api-keys create ci
    error: unknown command 'api-keys'
    hint: keys create
    $ keys info ci
    error: unknown command 'info'
    hint: keys show
    $ keys profile add work
    error: unknown command 'profile add'
    hint: keys login
    $ keys switch work
    error: unknown command 'switch'
    hint: keys profile use
    $ keys regenerate ci
    error: unknown command 'regenerate'
    hint: keys rotate
    $ keys exec
    error: unknown command 'exec'
    hint: keys run
    "
  `);
});

test('flags: never the one that was typed', async () => {
  const lines = [
    'list --limt 3',
    'list --all',
    'revoke ci --yes=no',
    'list --quiet=true',
    'create ci --ttl 90d',
    'list --output json',
    'revoke ci --force',
    'list -x',
  ];
  expect(await answers(lines)).toMatchInlineSnapshot(`
    "$ keys list --limt 3
    error: unknown flag --limt (did you mean --limit?)
    $ keys list --all
    error: unknown flag --all
    $ keys revoke ci --yes=no
    error: --yes takes no value
    $ keys list --quiet=true
    error: --quiet takes no value
    $ keys create ci --ttl 90d
    error: unknown flag --ttl (did you mean --expires?)
    $ keys list --output json
    error: unknown flag --output (did you mean --format?)
    $ keys revoke ci --force
    error: unknown flag --force (did you mean --yes?)
    $ keys list -x
    error: unknown flag -x
    "
  `);
});

test('values of flags, fields and topics', async () => {
  const lines = [
    'list --format jsn',
    'list --status activ',
    'snippet ci --lang pyhton',
    'list --json=nmae',
    'list --fields nmae',
    'help sink',
  ];
  expect(await answers(lines)).toMatchInlineSnapshot(`
    "$ keys list --format jsn
    error: --format: 'jsn' is not one of table, json, ndjson, csv, tsv, yaml (did you mean json?)
    $ keys list --status activ
    error: --status: 'activ' is not one of active, expiring, expired, revoked, disabled, all (did you mean active?)
    $ keys snippet ci --lang pyhton
    error: --lang: 'pyhton' is not one of curl, python, node, sh, cmd, powershell (did you mean python?)
    $ keys list --json=nmae
    {"error":{"code":"usage","message":"--json: unknown field 'nmae' (did you mean name?); available: id, name, description, status, prefix, createdAt, expiresAt, lastUsedAt, lastUsedIp, permissions, rateLimitRpm, budgetUsd, spentUsd, models, labels, usage, superseded, provider, profile","hint":"keys help list"}}
    $ keys list --fields nmae
    error: --fields: unknown field 'nmae' (did you mean name?); available: id, name, description, status, prefix, createdAt, expiresAt, lastUsedAt, lastUsedIp, permissions, rateLimitRpm, budgetUsd, spentUsd, models, labels, usage, superseded, provider, profile
    $ keys help sink
    error: no help for 'sink'
    "
  `);
});

test('sinks and sources', async () => {
  const lines = [
    'create ci --to fil:x',
    'create ci --to deploy.key',
    'create ci --to .env',
    'create ci --to ./.env.local',
    'create ci --to gitub:o/r#K',
    'create ci --to clipbord',
    'verify --from keychan:ci',
  ];
  expect(await answers(lines)).toMatchInlineSnapshot(`
    "$ keys create ci --to fil:x
    error: --to: 'fil:x' is not a sink (did you mean file:x?)
    $ keys create ci --to deploy.key
    error: --to: 'deploy.key' is not a sink (did you mean file:deploy.key?)
    $ keys create ci --to .env
    error: --to: '.env' is not a sink (did you mean env:.env#NAME?)
    $ keys create ci --to ./.env.local
    error: --to: './.env.local' is not a sink (did you mean env:./.env.local#NAME?)
    $ keys create ci --to gitub:o/r#K
    error: --to: 'gitub:o/r#K' is not a sink (did you mean github:o/r#K?)
    $ keys create ci --to clipbord
    error: --to: 'clipbord' is not a sink (did you mean clipboard?)
    $ keys verify --from keychan:ci
    error: --from: not a source (did you mean keychain:?); expected keychain:NAME, file:PATH or env:PATH#NAME
    "
  `);
});

test('times and units', async () => {
  const lines = [
    'create ci --expires 90',
    'create ci --expires 90days',
    'create ci --expires 3m',
    'list --timeout 30',
    'list --unused 2weeks',
    'rotate ci --grace 7',
    'logs --since yesterday',
    'logs --since 24hours',
    'usage --since soon',
  ];
  expect(await answers(lines)).toMatchInlineSnapshot(`
    "$ keys create ci --expires 90
    error: --expires: '90' is not a time (did you mean 90d?): use one like 36h, 90d, 12w, 6mo, 1y, 2027-01-31, 2027-01-31T18:00:00Z or never
    $ keys create ci --expires 90days
    error: --expires: '90days' is not a time (did you mean 90d?): use one like 36h, 90d, 12w, 6mo, 1y, 2027-01-31, 2027-01-31T18:00:00Z or never
    $ keys create ci --expires 3m
    error: --expires: '3m' is ambiguous: use 3min for minutes or 3mo for months
    $ keys list --timeout 30
    error: --timeout: '30' has no unit (did you mean 30s?)
    $ keys list --unused 2weeks
    error: --unused: '2weeks' is not a duration (did you mean 2w?): use one like 30s, 5min, 36h, 90d, 12w, 6mo, 1y
    $ keys rotate ci --grace 7
    error: --grace: '7' is not a duration (did you mean 7d?): use one like 30s, 5min, 36h, 90d, 12w, 6mo, 1y
    $ keys logs --since yesterday
    error: --since: 'yesterday' is not a time (did you mean 2026-11-19?): use one like 30min, 36h, 7d, 2026-11-19 or 2026-11-19T18:00:00Z
    $ keys logs --since 24hours
    error: --since: '24hours' is not a time (did you mean 24h?): use one like 30min, 36h, 7d, 2026-11-19 or 2026-11-19T18:00:00Z
    $ keys usage --since soon
    error: --since: 'soon' is not a time: use one like 30min, 36h, 7d, 2026-11-19 or 2026-11-19T18:00:00Z
    "
  `);
});

test('keys, profiles and providers', async () => {
  const box = new Sandbox();
  await seedKey(box, now, { name: 'ci' });
  await seedKey(box, now, { name: 'production' });
  const lines = [
    'show cii',
    'revoke cii prodution --yes',
    'rotate produktion --to file:x',
    'show xyzzy',
    'list --profile locl',
    'profile use locla',
    'list --provider unrael',
  ];
  expect(await answers(lines, box)).toMatchInlineSnapshot(`
    "$ keys show cii
    error: no key has the id or the name 'cii' (did you mean 'ci'?)
    hint: keys list --status all
    $ keys revoke cii prodution --yes
    error: no key has the id or the name 'cii', 'prodution' (did you mean 'ci', 'production'?)
    hint: keys list --status all
    $ keys rotate produktion --to file:x
    error: no key has the id or the name 'produktion' (did you mean 'production'?)
    hint: keys list --status all
    $ keys show xyzzy
    error: no key has the id or the name 'xyzzy'
    hint: keys list --status all
    $ keys list --profile locl
    error: there is no profile 'locl' (did you mean local?)
    hint: keys profile list
    hint: keys login --profile locl --provider ID
    $ keys profile use locla
    error: there is no profile 'locla' (did you mean local?)
    hint: keys profile list
    $ keys list --provider unrael
    error: there is no provider 'unrael' (did you mean unreal?)
    hint: keys provider list
    "
  `);
});

test('a word that looks like a secret is neither repeated nor suggested on', async () => {
  const secret = 'sk_live_0123456789abcdefghijEXAMPLE';
  const lines = [
    secret,
    `--${secret}`,
    `create ci --to ${secret}`,
    `show ${secret}`,
    `verify --from ${secret}:x`,
    `list --format ${secret}`,
  ];
  const box = new Sandbox();
  for (const line of lines) {
    const { exit, stderr } = await box.keys(line.split(' '));
    expect(exit).toBe(2);
    expect(stderr).not.toContain(secret.slice(0, 12));
    expect(stderr).not.toContain('did you mean');
  }
});

test('what is suggested for words of other programs is a command', async () => {
  const { stderr } = await new Sandbox().keys(['generate']);
  const [, name = ''] = /^hint: keys (.+)$/m.exec(stderr) ?? [];
  expect(Object.keys(catalog)).toContain(name);
});
