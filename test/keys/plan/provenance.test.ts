import { expect, test } from 'vitest';
import { leftOversOf, renewedLabel } from '../../../src/keys/plan/provenance.ts';
import { key } from '../../support/key.ts';

const world = {
  profile: 'local',
  keys: [
    key({ id: 'named', name: 'ci', labels: { 'applied-from': 'shop/keys.yaml' } }),
    key({ id: 'gone', name: 'old', labels: { 'applied-from': 'example.com/acme/shop//keys.yaml' } }),
    key({ id: 'earlier', name: 'older', labels: { 'applied-from': 'shop/keys.yaml' } }),
    key({ id: 'fork', name: 'fork', labels: { 'applied-from': 'example.com/ann/shop//keys.yaml' } }),
    key({ id: 'other-file', name: 'bot', labels: { 'applied-from': 'other/keys.yaml' } }),
    key({ id: 'by-hand', name: 'hand', labels: {} }),
    key({ id: 'revoked', name: 'dead', status: 'revoked', labels: { 'applied-from': 'shop/keys.yaml' } }),
    key({ id: 'recorded', name: 'plain' }),
  ],
};
const provenance = {
  label: { 'applied-from': 'example.com/acme/shop//keys.yaml' },
  earlierValues: ['shop/keys.yaml@0123456789ab', 'shop/keys.yaml'],
  createdIds: new Set(['recorded']),
  noteCreation: () => {},
  hasBegun: () => false,
};

test('only keys that an apply of the file created, and that work, are left over', () => {
  const { leftOvers, others } = leftOversOf(world, provenance, new Set(['ci']), { prunes: true });
  expect(leftOvers.map(({ action, keyId }) => [action, keyId])).toEqual([
    ['revoke', 'gone'],
    ['revoke', 'earlier'],
    ['revoke', 'recorded'],
  ]);
  expect(others).toBe(3);
});

test('without --prune they are left alone, and our own session token always', () => {
  const { leftOvers } = leftOversOf(world, provenance, new Set(['ci']), { prunes: false });
  expect(leftOvers.map(({ action }) => action)).toEqual(['none', 'none', 'none']);
  const own = leftOversOf({ ...world, ownId: 'gone' }, provenance, new Set(['ci']), { prunes: true });
  expect(own.leftOvers.map(({ keyId }) => keyId)).toEqual(['earlier', 'recorded']);
});

test('an API without labels cannot be told that a key is ours', () => {
  const unlabelled = { ...provenance, label: {}, earlierValues: [], createdIds: new Set<string>() };
  expect(leftOversOf(world, unlabelled, new Set(), { prunes: true }).leftOvers).toEqual([]);
});

test('the label of an earlier version is renewed, and no other', () => {
  const renewed = world.keys.map((one) => [one.id, Object.values(renewedLabel(one, provenance))]);
  expect(renewed.filter(([, values = []]) => values.length > 0)).toEqual([
    ['named', ['example.com/acme/shop//keys.yaml']],
    ['earlier', ['example.com/acme/shop//keys.yaml']],
    ['revoked', ['example.com/acme/shop//keys.yaml']],
  ]);
});
