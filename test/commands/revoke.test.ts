import { expect, test } from 'vitest';
import { Sandbox } from '../support/sandbox.ts';
import { seedKey } from '../support/seed.ts';

const now = new Date('2026-11-20T12:00:00Z');
const earlier = new Date('2026-11-10T12:00:00Z');

async function statuses(box: Sandbox): Promise<Record<string, string>> {
  const { stdout } = await box.keys(['list', '--status', 'all', '--json', 'id,status'], { now });
  return Object.fromEntries(
    (JSON.parse(stdout) as { id: string; status: string }[]).map(({ id, status }) => [id, status]),
  );
}

test('off a terminal it needs --yes, and does nothing without', async () => {
  const box = new Sandbox();
  const id = await seedKey(box, now);
  const run = await box.keys(['revoke', 'ci']);
  expect(run.exit).toBe(2);
  expect(run.stderr).toContain(`hint: keys revoke ${id} --yes`);
  expect(await statuses(box)).toEqual({ [id]: 'active' });
});

test('--yes revokes, and a second time changes nothing', async () => {
  const box = new Sandbox();
  const id = await seedKey(box, now);
  const first = await box.keys(['revoke', 'ci', '--yes', '--json']);
  expect(JSON.parse(first.stdout)).toEqual({ id, name: 'ci', revoked: true, changed: true });
  const second = await box.keys(['revoke', id, '--yes', '--json']);
  expect(second.exit).toBe(0);
  expect(JSON.parse(second.stdout)).toEqual({ id, name: 'ci', revoked: true, changed: false });
});

test('--confirm must be the name of the key', async () => {
  const box = new Sandbox();
  const id = await seedKey(box, now);
  const wrong = await box.keys(['revoke', id, '--confirm', 'production']);
  expect(wrong.exit).toBe(2);
  expect(await statuses(box)).toEqual({ [id]: 'active' });
  expect((await box.keys(['revoke', id, '--confirm', 'ci'])).exit).toBe(0);
  expect(await statuses(box)).toEqual({ [id]: 'revoked' });
});

test('several keys are all looked up before the first is revoked', async () => {
  const box = new Sandbox();
  const id = await seedKey(box, now);
  const run = await box.keys(['revoke', 'ci', 'nobody', 'nothing', '--yes']);
  expect(run.exit).toBe(3);
  expect(run.stderr).toContain("'nobody', 'nothing'");
  expect(await statuses(box)).toEqual({ [id]: 'active' });
});

test('several keys give an array', async () => {
  const box = new Sandbox();
  await seedKey(box, now, { name: 'a' });
  await seedKey(box, now, { name: 'b' });
  const run = await box.keys(['revoke', 'a', 'b', '--yes', '--json', 'name,revoked']);
  expect(JSON.parse(run.stdout)).toEqual([
    { name: 'a', revoked: true },
    { name: 'b', revoked: true },
  ]);
});

test('a name means the newest key of it, and the older one that still works is pointed out', async () => {
  const box = new Sandbox();
  const older = await seedKey(box, earlier);
  const newer = await seedKey(box, now);
  const run = await box.keys(['revoke', 'ci', '--yes']);
  expect(run.stderr).toContain(`another key named ci still works: ${older}`);
  expect(await statuses(box)).toEqual({ [older]: 'active', [newer]: 'revoked' });
});

test('--dry-run revokes nothing', async () => {
  const box = new Sandbox();
  const id = await seedKey(box, now);
  const run = await box.keys(['revoke', 'ci', '--dry-run', '--json']);
  expect(JSON.parse(run.stdout)).toEqual({ id, name: 'ci', revoked: false, changed: false, dryRun: true });
  expect(await statuses(box)).toEqual({ [id]: 'active' });
});

test('Ctrl-C before the revocation leaves everything as it was: exit 130', async () => {
  const box = new Sandbox();
  const id = await seedKey(box, now);
  const run = await box.keys(['revoke', 'ci', '--yes'], { interrupt: AbortSignal.abort() });
  expect(run.exit).toBe(130);
  expect(await statuses(box)).toEqual({ [id]: 'active' });
});
