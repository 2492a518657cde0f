import { expect, test } from 'vitest';
import { planMarkdown } from '../../src/output/views/plan-report.ts';

const now = new Date('2026-11-20T12:00:00Z');

test('a plan in Markdown has what is to be done first', () => {
  const actions = [
    { action: 'none', name: 'ci', profile: 'local' },
    {
      action: 'change',
      name: 'web',
      profile: 'local',
      changes: [{ field: 'rateLimitRpm', from: 600, to: 60 }],
    },
    {
      action: 'rotate',
      name: 'ops',
      profile: 'local',
      reason: 'older than 60d',
      oldRevokeAt: '2026-11-27T12:00:00Z',
    },
    {
      action: 'create',
      name: 'new',
      profile: 'local',
      changes: [{ field: 'to', from: null, to: 'env:.env#A' }],
    },
  ] as const;
  expect(
    planMarkdown({ actions, others: 1, isApplied: false, placeNames: new Map() }, now),
  ).toMatchInlineSnapshot(`
    "## Keys: 1 to create, 1 to change, 1 to rotate, 1 as they should be; 1 other key is not in the file

    |  | Key | Profile | What |
    | --- | --- | --- | --- |
    | ~ change | \`web\` | \`local\` | rate limit: \`600\` → \`60\` |
    | ↻ rotate | \`ops\` | \`local\` | \`older than 60d; the old key ends in 7 days\` |
    | + create | \`new\` | \`local\` | to: \`env:.env#A\` |
    | ✓ | \`ci\` | \`local\` |  |
    "
  `);
});

test('a failure of an apply is told', () => {
  const failed = {
    action: 'create',
    name: 'ci',
    profile: 'local',
    done: false,
    error: { code: 'timed_out', message: 'no answer' },
  } as const;
  expect(
    planMarkdown({ actions: [failed], others: 0, isApplied: true, placeNames: new Map() }, now),
  ).toContain('| ✗ failed | `ci` | `local` | `no answer` |');
});

test('no text of a server leaves its cell, or is more than text', () => {
  const hostile = 'a|b`c\n<img src=x>@everyone ![x](https://example.com)\u202e';
  const action = {
    action: 'change',
    name: hostile,
    profile: hostile,
    reason: hostile,
    changes: [{ field: 'description', from: hostile, to: hostile }],
  } as const;
  const report = planMarkdown({ actions: [action], others: 0, isApplied: false, placeNames: new Map() }, now);
  expect(report.trimEnd().split('\n')).toHaveLength(5);
  const row = report.trimEnd().split('\n').at(-1) ?? '';
  expect(row.replaceAll(/(`+) ?.*? ?\1/g, '')).toBe('| ~ change |  |  | <br>description:  →  |');
});
