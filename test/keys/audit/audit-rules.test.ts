import { describe, expect, test } from 'vitest';
import { parseDuration } from '../../../src/base/time.ts';
import type { Audited } from '../../../src/keys/audit/audit.ts';
import { auditRules } from '../../../src/keys/audit/audit-rules.ts';
import type { AuditPolicy } from '../../../src/keys/plan/desired-key.ts';
import { account, auditOf, day, place, secretFile, soundKey } from '../../support/audited.ts';

/* Each rule with what breaks it, and what does not. */

interface Case {
  rule: string;
  policy?: AuditPolicy;
  /** By what is wrong: what breaks the rule, and the command that fixes it. */
  broken: Record<string, [Partial<Audited>, fix: string]>;
  sound: Record<string, Partial<Audited>>;
}

const keys = (...list: Parameters<typeof account>[0]) => ({ accounts: [account(list)] });
const span = parseDuration;
const gone = { code: 'connection_failed', message: 'no answer from api.example.com' } as const;
const operation = { profile: 'work', id: 'abcd1234', kind: 'rotate', name: 'ci', begunAt: day(-1) } as const;
const peers = Array.from({ length: 9 }, (_, at) => soundKey({ id: `peer000${at}`, name: `peer-${at}` }));

const cases: Case[] = [
  {
    rule: 'unreachable',
    broken: {
      'a profile that does not answer': [
        { unreachable: [{ profile: 'work', flags: '--profile work', failure: gone }] },
        'keys status --profile work',
      ],
      'a profile without a session': [
        {
          unreachable: [
            {
              ...{ profile: 'work', flags: '--profile work' },
              failure: {
                code: 'not_logged_in',
                message: 'not logged in',
                hints: ['set X', 'keys login --profile work'],
              },
            },
          ],
        },
        'keys login --profile work',
      ],
    },
    sound: { 'one that does': keys() },
  },
  {
    rule: 'never-expires',
    broken: {
      'a key without an end': [keys(soundKey({ expiresAt: null })), 'keys update aaaa0001 --expires 90d'],
      'a key whose expiry the API cannot change': [
        {
          accounts: [
            account([soundKey({ expiresAt: null })], {
              capabilities: { ...account([]).capabilities, updateFields: [] },
            }),
          ],
        },
        'keys rotate ci --expires 90d',
      ],
      'a key of an API with steps': [
        {
          accounts: [
            account([soundKey({ expiresAt: null })], {
              capabilities: { ...account([]).capabilities, expiry: 'steps', expirySteps: ['30d', '1y'] },
            }),
          ],
        },
        'keys update aaaa0001 --expires 30d',
      ],
      'a key of another profile': [
        { accounts: [account([soundKey({ expiresAt: null })], { flags: '--profile work' })] },
        'keys update aaaa0001 --expires 90d --profile work',
      ],
      'a key of an unknown status': [
        keys(soundKey({ status: 'unknown', expiresAt: null })),
        'keys update aaaa0001 --expires 90d',
      ],
    },
    sound: {
      'a key with an end': keys(soundKey()),
      'a revoked key': keys(soundKey({ status: 'revoked', expiresAt: null })),
      'a disabled key': keys(soundKey({ status: 'disabled', expiresAt: null })),
      'a key that a rotation retires': keys(soundKey({ expiresAt: null, retireAt: day(3) })),
    },
  },
  {
    rule: 'expires-soon',
    policy: { expiring: span('7d') },
    broken: {
      'a key with days left': [keys(soundKey({ expiresAt: day(6) })), 'keys rotate ci'],
      'a key with a known place': [
        { accounts: [account([soundKey({ expiresAt: day(6) })], { sinksOf: () => ['env:.env#API_KEY'] })] },
        "keys rotate ci --to 'env:.env#API_KEY'",
      ],
    },
    sound: {
      'a key with a week left': keys(soundKey({ expiresAt: day(8) })),
      'a key without an end': keys(soundKey({ expiresAt: null })),
      'an old key in its grace period': keys(
        soundKey({ expiresAt: day(6) }),
        soundKey({ id: 'bbbb0002', createdAt: day(-1) }),
      ),
    },
  },
  {
    rule: 'expired',
    broken: {
      'an expired key': [keys(soundKey({ status: 'expired', expiresAt: day(-1) })), 'keys revoke aaaa0001'],
      'one that the API cannot end': [
        {
          accounts: [
            account([soundKey({ status: 'expired' })], {
              capabilities: { ...account([]).capabilities, revoke: false, disable: false },
            }),
          ],
        },
        'keys open',
      ],
    },
    sound: {
      'a key that works': keys(soundKey()),
      'a revoked key': keys(soundKey({ status: 'revoked', expiresAt: day(-1) })),
    },
  },
  {
    rule: 'too-old',
    policy: { maxAge: span('90d') },
    broken: {
      'an old key': [keys(soundKey({ createdAt: day(-91) })), 'keys rotate ci'],
      'an old key that a newer one supersedes': [
        keys(soundKey({ createdAt: day(-91) }), soundKey({ id: 'bbbb0002' })),
        'keys revoke aaaa0001',
      ],
    },
    sound: {
      'a younger key': keys(soundKey({ createdAt: day(-89) })),
      'an old key that does not work': keys(soundKey({ createdAt: day(-91), status: 'disabled' })),
    },
  },
  {
    rule: 'unused',
    policy: { unused: span('60d') },
    broken: { 'a forgotten key': [keys(soundKey({ lastUsedAt: day(-61) })), 'keys revoke aaaa0001'] },
    sound: {
      'a key in use': keys(soundKey({ lastUsedAt: day(-59) })),
      'a key that was never used': keys(soundKey({ lastUsedAt: null })),
    },
  },
  {
    rule: 'never-used',
    broken: {
      'a key of a month': [keys(soundKey({ lastUsedAt: null, createdAt: day(-31) })), 'keys revoke aaaa0001'],
    },
    sound: {
      'a new key': keys(soundKey({ lastUsedAt: null, createdAt: day(-29) })),
      'a key that was used': keys(soundKey({ createdAt: day(-31) })),
    },
  },
  {
    rule: 'superseded',
    broken: {
      'an old key that nothing retires': [
        keys(soundKey(), soundKey({ id: 'bbbb0002', createdAt: day(-1) })),
        'keys rotate ci --finish',
      ],
      'one whose name is no argument': [
        keys(soundKey({ name: 'a\nb' }), soundKey({ id: 'bbbb0002', name: 'a\nb', createdAt: day(-1) })),
        'keys revoke aaaa0001',
      ],
    },
    sound: {
      'the only key of its name': keys(soundKey(), soundKey({ id: 'bbbb0002', name: 'other' })),
      'an old key that a rotation retires': keys(
        soundKey({ retireAt: day(3) }),
        soundKey({ id: 'bbbb0002', createdAt: day(-1) }),
      ),
      'an old key that ends soon': keys(
        soundKey({ expiresAt: day(7) }),
        soundKey({ id: 'bbbb0002', createdAt: day(-1) }),
      ),
      'a revoked predecessor': keys(
        soundKey({ status: 'revoked' }),
        soundKey({ id: 'bbbb0002', createdAt: day(-1) }),
      ),
    },
  },
  {
    rule: 'broader-than-peers',
    broken: {
      'a key that may do more than nine others': [
        keys(...peers, soundKey({ permissions: ['read', 'admin'] })),
        'keys update aaaa0001 --permission read',
      ],
      'one that has nothing else': [
        keys(...peers, soundKey({ permissions: ['admin'] })),
        'keys update aaaa0001 --permission read',
      ],
      'an additional permission in no order': [
        {
          accounts: [
            account([...peers, soundKey({ permissions: ['read', 'billing'] })], { permissions: undefined }),
          ],
        },
        'keys update aaaa0001 --permission read',
      ],
    },
    sound: {
      'keys that are alike': keys(...peers),
      'a key that may do less': keys(
        ...peers.map((one) => ({ ...one, permissions: ['write'] })),
        soundKey({ permissions: ['read'] }),
      ),
      'too few keys to tell': keys(...peers.slice(0, 3), soundKey({ permissions: ['admin'] })),
      'other permissions in no order': {
        accounts: [account([...peers, soundKey({ permissions: ['billing'] })], { permissions: undefined })],
      },
    },
  },
  {
    rule: 'forbidden-permission',
    policy: { forbidPermission: ['admin', 'billing'] },
    broken: {
      'a key that has it': [
        keys(soundKey({ permissions: ['read', 'admin'] })),
        'keys update aaaa0001 --permission read',
      ],
      'a key that has nothing else': [
        keys(soundKey({ permissions: ['admin'] })),
        'keys update aaaa0001 --permission read',
      ],
      'a superseded key': [
        keys(soundKey({ permissions: ['admin'] }), soundKey({ id: 'bbbb0002', createdAt: day(-1) })),
        'keys update aaaa0001 --permission read',
      ],
      'a key that the API cannot change': [
        {
          accounts: [
            account([soundKey({ permissions: ['write', 'admin'] })], {
              capabilities: { ...account([]).capabilities, updateFields: [] },
            }),
          ],
        },
        'keys create ci --permission write',
      ],
    },
    sound: {
      'a key without it': keys(soundKey({ permissions: ['read', 'write'] })),
      'a revoked key': keys(soundKey({ status: 'revoked', permissions: ['admin'] })),
    },
  },
  {
    rule: 'required',
    policy: { require: ['expiry', 'budget', 'description'] },
    broken: {
      'a key without an expiry': [
        keys(soundKey({ expiresAt: null, budgetUsd: 5, description: 'x' })),
        'keys update aaaa0001 --expires 90d',
      ],
      'a key without a budget': [
        keys(soundKey({ budgetUsd: null, description: 'x' })),
        'keys update aaaa0001 --budget USD',
      ],
      'a key with an empty description': [
        keys(soundKey({ budgetUsd: 5, description: '' })),
        'keys update aaaa0001 --description TEXT',
      ],
    },
    sound: { 'a key with all of them': keys(soundKey({ budgetUsd: 5, description: 'deploys' })) },
  },
  {
    rule: 'duplicate-name',
    broken: {
      'names that differ by case': [
        keys(soundKey({ name: 'CI' }), soundKey({ id: 'bbbb0002', name: 'ci ' })),
        'keys update bbbb0002 --name NAME',
      ],
      'two keys of which none is known to be newer': [
        keys({ id: 'a1', name: 'ci', status: 'active' }, { id: 'b2', name: 'ci', status: 'active' }),
        'keys update b2 --name NAME',
      ],
    },
    sound: {
      'different names': keys(soundKey(), soundKey({ id: 'bbbb0002', name: 'other' })),
      'a key and its successor': keys(soundKey(), soundKey({ id: 'bbbb0002', createdAt: day(-1) })),
      'keys without names': keys(soundKey({ name: '' }), soundKey({ id: 'bbbb0002', name: '' })),
    },
  },
  {
    rule: 'session-ending',
    broken: {
      'a session of days': [
        { accounts: [account([], { hasSession: true, sessionEndsAt: day(13) })] },
        'keys login --profile work',
      ],
    },
    sound: {
      'a session of weeks': { accounts: [account([], { hasSession: true, sessionEndsAt: day(15) })] },
      'a session without an end': { accounts: [account([], { hasSession: true, sessionEndsAt: null })] },
      'no session': keys(),
    },
  },
  {
    rule: 'unfinished-operation',
    broken: {
      'a rotation that was interrupted': [{ operations: [operation] }, 'keys recover abcd1234'],
      'a journal that cannot be read': [
        { operations: [{ profile: null, id: null, fault: 'x.jsonl cannot be read' }] },
        'keys doctor',
      ],
    },
    sound: { 'an empty journal': {} },
  },
  {
    rule: 'dead-value',
    broken: {
      'the secret of a revoked key': [
        { places: [place({ holder: soundKey({ status: 'revoked' }) })] },
        "keys rotate ci --to 'env:.env#API_KEY'",
      ],
      'the secret of no key': [
        { places: [place({ holder: null, isNameInUse: false, flags: '--profile work' })] },
        "keys create ci --to 'env:.env#API_KEY' --profile work",
      ],
    },
    sound: { 'the secret of a key that works': { places: [place()] } },
  },
  {
    rule: 'readable-by-others',
    broken: {
      'a file that everyone can read': [{ files: [secretFile({ openMode: '0644' })] }, 'chmod 600 /app/.env'],
      'a file that a group can write': [{ files: [secretFile({ openMode: '0620' })] }, 'chmod 600 /app/.env'],
    },
    sound: {
      'a private file': { files: [secretFile()] },
    },
  },
  {
    rule: 'tracked-by-git',
    broken: {
      'a file in the index': [
        { files: [secretFile({ isTracked: true })] },
        'git -C /app rm --cached -- /app/.env',
      ],
    },
    sound: { 'a file that git does not have': { files: [secretFile()] } },
  },
];

test('every rule has its cases', () => {
  expect(cases.map(({ rule }) => rule).sort()).toEqual(auditRules.map(({ id }) => id).sort());
});

describe.each(cases)('$rule', ({ rule, policy, broken, sound }) => {
  test.each(Object.entries(broken))('finds %s', (_, [audited, fix]) => {
    const { findings } = auditOf(audited, policy);
    const own = findings.map(({ finding }) => finding).filter((one) => one.rule === rule);
    expect(own.map((one) => one.fix)).toEqual([fix]);
    expect(own[0]?.message).toMatch(/^[^\s].*[^.\s]$/);
  });

  test.each(Object.entries(sound))('finds nothing in %s', (_, audited) => {
    const { findings, unchecked } = auditOf(audited, policy);
    expect(findings.map(({ finding }) => finding).filter((one) => one.rule === rule)).toEqual([]);
    expect(unchecked.filter((one) => one.rule === rule)).toEqual([]);
  });
});

test.each(auditRules.map((rule) => [rule.id, rule] as const))('%s says what is wrong and why', (id, rule) => {
  expect(id).toMatch(/^[a-z]+(-[a-z]+)*$/);
  expect(rule.title).toMatch(/^[a-z].*[^.]$/);
  expect(rule.why).toMatch(/^[A-Z].*\.$/);
});
