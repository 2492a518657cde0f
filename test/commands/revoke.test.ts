import { expect, test } from 'vitest';
import { Sandbox } from '../support/sandbox.ts';
import { seedKey } from '../support/seed.ts';
import { ids, Transcript } from '../support/transcript.ts';

const now = new Date('2026-11-20T12:00:00Z');
const earlier = new Date('2026-11-10T12:00:00Z');

/** `keys …` in a sandbox, as a whole transcript. */
function shows(box: Sandbox, ...args: string[]): Promise<string> {
  return new Transcript(box, [ids]).keys(args, { now });
}

async function statuses(box: Sandbox): Promise<Record<string, string>> {
  const { stdout } = await box.keys(['list', '--status', 'all', '--json', 'id,status'], { now });
  return Object.fromEntries(
    (JSON.parse(stdout) as { id: string; status: string }[]).map(({ id, status }) => [id, status]),
  );
}

test('off a terminal it needs --yes, and does nothing without', async () => {
  const box = new Sandbox();
  const id = await seedKey(box, now);
  expect(await shows(box, 'revoke', 'ci')).toMatchInlineSnapshot(`
    "$ keys revoke ci
    exit 2
    --- stderr
    error: revoking is final, and cannot prompt: not a terminal; pass --yes, or --confirm with the name
    hint: keys revoke [id 1] --yes
    "
  `);
  expect(await statuses(box)).toEqual({ [id]: 'active' });
});

test('--yes revokes, and a second time changes nothing', async () => {
  const box = new Sandbox();
  const id = await seedKey(box, now);
  expect(await shows(box, 'revoke', 'ci', '--yes', '--json')).toMatchInlineSnapshot(`
    "$ keys revoke ci --yes --json
    exit 0
    --- stdout
    {
      "id": "[id 1]",
      "name": "ci",
      "revoked": true,
      "changed": true
    }
    "
  `);
  expect(await shows(box, 'revoke', id, '--yes', '--json')).toMatchInlineSnapshot(`
    "$ keys revoke [id 1] --yes --json
    exit 0
    --- stdout
    {
      "id": "[id 1]",
      "name": "ci",
      "revoked": true,
      "changed": false
    }
    "
  `);
  expect(await statuses(box)).toEqual({ [id]: 'revoked' });
});

test('--confirm must be the name of the key', async () => {
  const box = new Sandbox();
  const id = await seedKey(box, now);
  expect(await shows(box, 'revoke', id, '--confirm', 'production')).toMatchInlineSnapshot(`
    "$ keys revoke [id 1] --confirm production
    exit 2
    --- stderr
    error: --confirm says 'production', but the key is named 'ci' ([id 1]); nothing was revoked
    "
  `);
  expect(await statuses(box)).toEqual({ [id]: 'active' });
  expect(await shows(box, 'revoke', id, '--confirm', 'ci')).toMatchInlineSnapshot(`
    "$ keys revoke [id 1] --confirm ci
    exit 0
    --- stdout
    [id 1]	ci	true	true	
    "
  `);
  expect(await statuses(box)).toEqual({ [id]: 'revoked' });
});

test('several keys are all looked up before the first is revoked', async () => {
  const box = new Sandbox();
  const id = await seedKey(box, now);
  expect(await shows(box, 'revoke', 'ci', 'web', 'docs', '--yes')).toMatchInlineSnapshot(`
    "$ keys revoke ci web docs --yes
    exit 3
    --- stderr
    error: no key has the id or the name 'web', 'docs'
    hint: keys list --status all
    "
  `);
  expect(await statuses(box)).toEqual({ [id]: 'active' });
});

test('several keys give an array', async () => {
  const box = new Sandbox();
  await seedKey(box, now, { name: 'a' });
  await seedKey(box, now, { name: 'b' });
  expect(await shows(box, 'revoke', 'a', 'b', '--yes', '--json', 'name,revoked')).toMatchInlineSnapshot(`
    "$ keys revoke a b --yes --json name,revoked
    exit 0
    --- stdout
    [
      {
        "name": "a",
        "revoked": true
      },
      {
        "name": "b",
        "revoked": true
      }
    ]
    "
  `);
});

test('a name means the newest key of it, and the older one that still works is pointed out', async () => {
  const box = new Sandbox();
  const older = await seedKey(box, earlier);
  const newer = await seedKey(box, now);
  expect(await shows(box, 'revoke', 'ci', '--yes')).toMatchInlineSnapshot(`
    "$ keys revoke ci --yes
    exit 0
    --- stdout
    [id 1]	ci	true	true	
    --- stderr
    warning: another key named ci still works: [id 2]
    "
  `);
  expect(await statuses(box)).toEqual({ [older]: 'active', [newer]: 'revoked' });
});

test('--dry-run revokes nothing', async () => {
  const box = new Sandbox();
  const id = await seedKey(box, now);
  expect(await shows(box, 'revoke', 'ci', '--dry-run', '--json')).toMatchInlineSnapshot(`
    "$ keys revoke ci --dry-run --json
    exit 0
    --- stdout
    {
      "id": "[id 1]",
      "name": "ci",
      "revoked": false,
      "changed": false,
      "dryRun": true
    }
    --- stderr
    dry run: nothing was revoked
    "
  `);
  expect(await statuses(box)).toEqual({ [id]: 'active' });
});

test('Ctrl-C before the revocation leaves everything as it was: exit 130', async () => {
  const box = new Sandbox();
  const id = await seedKey(box, now);
  const run = await box.keys(['revoke', 'ci', '--yes'], { interrupt: AbortSignal.abort() });
  expect(run.exit).toBe(130);
  expect(await statuses(box)).toEqual({ [id]: 'active' });
});
