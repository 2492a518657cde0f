import { expect, test } from 'vitest';
import { unreal } from '../../src/providers/built-in/unreal.ts';
import { checkProvider } from '../../src/providers/declaration/check.ts';
import { fillBody } from '../../src/remote/fill-template.ts';

/* The grace period as providers with their own rotation take it. */

const clock = { now: new Date('2026-11-21T12:00:00Z'), steps: [], sendsFallbacks: true };

test.each([
  ['seconds', 604_800, 604_800],
  ['minutes', 604_830, 10_081],
  ['hours', 3601, 2],
  ['duration', 86_400, '24h'],
])('a grace period in the style %s: %i seconds are %j', (style, seconds, written) => {
  const template = { grace_period: `{grace:${style}}` };
  expect(fillBody(template, { grace: seconds }, clock)).toEqual({ grace_period: written });
});

test.each([
  ['{grace}', 'needs one of :seconds, :milliseconds, :minutes, :hours, :duration'],
  ['{grace:days}', 'needs one of :seconds, :milliseconds, :minutes, :hours, :duration'],
])('%s is refused in a declaration', (written, problem) => {
  const rotate = { post: '/v1/keys/{id}/rotate', body: { grace: written }, secret: 'key' };
  const { issues } = checkProvider({ ...unreal, rotate });
  expect(issues).toEqual([{ path: 'rotate.body.grace', message: `${written} ${problem}` }]);
});

test('only a rotation takes a grace period', () => {
  const create = { ...unreal.create, body: { grace: '{grace:seconds}' } };
  expect(checkProvider({ ...unreal, create })).toMatchInlineSnapshot(`
    {
      "issues": [
        {
          "message": "{grace:seconds} is not one of name, description, expiresAt, permissions, rateLimitRpm, budgetUsd, models, labels, newSecret; write {{grace}} if it is no placeholder",
          "path": "create.body.grace",
        },
      ],
    }
  `);
});
