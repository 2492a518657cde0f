import { describe, expect, test } from 'vitest';
import type { Template } from '../../src/providers/declaration/template.ts';
import type { Inputs } from '../../src/remote/fill-template.ts';
import { fillBody } from '../../src/remote/fill-template.ts';

const now = new Date('2026-11-21T12:00:00Z');
const in30Days = new Date('2026-12-21T12:00:00Z');
const steps = ['7d', '30d'];

function filled(template: Template, inputs: Inputs = {}, sendsFallbacks = true) {
  return fillBody(template, inputs, { now, steps, sendsFallbacks });
}

test.each([
  ['epochSeconds', 1_797_854_400],
  ['epochMilliseconds', 1_797_854_400_000],
  ['milliseconds', 2_592_000_000],
  ['minutes', 43_200],
  ['hours', 720],
  ['stepMilliseconds', 2_592_000_000],
])('an expiry as %s is %j', (style, written) => {
  expect(filled({ at: `{expiresAt:${style}}` }, { expiresAt: in30Days })).toEqual({ at: written });
});

test.each([
  ['cents', 1.1, 110],
  ['micros', 0.25, 250_000],
])('a budget in %s', (style, budgetUsd, written) => {
  expect(filled(`{budgetUsd:${style}}`, { budgetUsd })).toBe(written);
});

describe('a list', () => {
  const permissions = ['read', 'write'];

  test('as one text', () => {
    expect(filled('{permissions:comma}', { permissions })).toBe('read,write');
    expect(filled('{permissions:space}', { permissions })).toBe('read write');
  });

  test('of one item', () => {
    expect(filled('{permissions:one}', { permissions: ['read'] })).toBe('read');
    expect(() => filled('{permissions:one}', { permissions })).toThrowErrorMatchingInlineSnapshot(
      `[KeysError: the API takes exactly one value for --permission, and 2 were given; the call was not made]`,
    );
  });

  test('of objects repeats the object', () => {
    const policies = [{ effect: 'allow', groups: [{ id: '{permissions:each}' }] }];
    expect(filled({ policies }, { permissions })).toEqual({
      policies: [{ effect: 'allow', groups: [{ id: 'read' }, { id: 'write' }] }],
    });
  });

  test('of objects without a value is not sent', () => {
    expect(filled({ groups: [{ id: '{permissions:each}' }] })).toEqual({});
  });
});

describe('the value after a bar', () => {
  test('stands for an input that has none', () => {
    const template = { limit: '{budgetUsd|null}', expires: '{expiresAt:epochSeconds|-1}' };
    expect(filled(template)).toEqual({ limit: null, expires: -1 });
    expect(filled(template, { budgetUsd: 5, expiresAt: in30Days })).toEqual({
      limit: 5,
      expires: 1_797_854_400,
    });
  });

  test('in a change it stands for none, but not for what stays as it is', () => {
    expect(filled({ expires: '{expiresAt:epochSeconds|-1}' }, {}, false)).toEqual({});
    expect(filled({ expires: '{expiresAt:epochSeconds|-1}' }, { expiresAt: null }, false)).toEqual({
      expires: -1,
    });
  });
});

test('doubled braces are braces', () => {
  expect(filled('{{name}}', { name: 'ci' })).toBe('{name}');
  expect(filled('query {{key}} of {id}', { id: 'k1' })).toBe('query {key} of k1');
});

describe('a choice', () => {
  const choice = { '{either}': ['{kept.policies}', [{ id: '{permissions:each}' }]] };

  test('is the first template that has all its values', () => {
    expect(filled(choice, { 'kept.policies': ['p'], permissions: ['read'] })).toEqual(['p']);
  });

  test('is the last one if none has them all', () => {
    expect(filled(choice, { permissions: ['read'] })).toEqual([{ id: 'read' }]);
    expect(filled({ acl: choice }, {})).toEqual({});
  });
});

test.each([
  ['42', 42],
  ['4e2', '4e2'],
  ['00042', '00042'],
  ['12345678901234567890', '12345678901234567890'],
])('the id %s as a number is %j', (id, written) => {
  expect(filled('{id:number}', { id })).toBe(written);
});

describe('a setting that is JSON', () => {
  test('is sent as what it is', () => {
    expect(filled('{option.resources:json}', { 'option.resources': '{"a":"*"}' })).toEqual({ a: '*' });
  });

  test.each([
    ['absent', {}, 'the call needs --option resources=JSON; it was not made'],
    [
      'no JSON',
      { 'option.resources': '{' },
      'the value of --option resources is not valid JSON; the call was not made',
    ],
  ])('stops the call if it is %s', (_, inputs, message) => {
    expect(() => filled('{option.resources:json}', inputs)).toThrow(
      expect.objectContaining({
        message,
        failure: expect.objectContaining({
          hints: ["keys login --option 'resources=JSON'", 'or set KEYS_OPTION_RESOURCES'],
        }),
      }),
    );
  });
});
