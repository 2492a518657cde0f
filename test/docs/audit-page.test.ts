import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { auditRules } from '../../src/keys/audit/audit-rules.ts';
import { projectRoot, Sandbox } from '../support/sandbox.ts';
import { seedKey, seedUse } from '../support/seed.ts';

/* The parts of docs/audit.md that the program decides. `npm test -- test/docs -u` writes them anew. */

const path = join(projectRoot, 'docs', 'audit.md');
const now = new Date('2026-11-20T12:00:00Z');
const day = (offset: number) => new Date(now.getTime() + offset * 86_400_000);

/** Whether snapshots are written: Vitest says so to its own matchers alone. */
function isUpdating(): boolean {
  return expect.getState().snapshotState.snapshotUpdateState === 'all';
}

function expectPart(start: string, end: string, content: string): void {
  const text = readFileSync(path, 'utf8');
  const from = text.indexOf(start) + start.length;
  const to = text.indexOf(end, from);
  if (isUpdating()) writeFileSync(path, text.slice(0, from) + content + text.slice(to));
  else expect(text.slice(from, to)).toBe(content);
}

test('the table of rules is that of the declarations', () => {
  const rows = auditRules.map(({ id, severity, title, flag, why }) => {
    const name = flag === undefined ? `\`${id}\`` : `\`${id}\` (\`${flag}\`)`;
    return `| ${name} | ${severity} | ${title} | ${why} |\n`;
  });
  const table = `| Rule | Severity | Finding | Why, and what to do |\n| --- | --- | --- | --- |\n${rows.join('')}`;
  expectPart('<!-- rules -->\n', '<!-- /rules -->', table);
});

test('the example is what the program prints', async () => {
  const box = new Sandbox();
  await seedKey(box, day(-100), { name: 'nightly', expiresAt: day(-10) });
  const deploys = await seedKey(box, day(-200), { name: 'deploys', expiresAt: day(60) });
  await seedUse(box, day(-2), deploys);
  await seedKey(box, day(-60), { name: 'ci', expiresAt: day(120) });
  await seedKey(box, day(-3), { name: 'ci', expiresAt: day(60) });
  const { stdout } = await box.keys(['audit', '--max-age', '90d'], {
    ...{ terminal: 80, now, env: { NO_COLOR: '1', LANG: 'en_US.UTF-8' } },
  });
  const shown = stdout.replaceAll(/(?<=revoke )\w{16}$/gm, 'uD3kJHxq0TtW8n5c');
  expectPart('$ keys audit --max-age 90d\n', '```', shown);
});
