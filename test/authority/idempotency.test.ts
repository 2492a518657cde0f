import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ScopedKeys } from '../../src/authority/scoped-keys.ts';
import { spec } from '../support/authority.ts';
import { testService } from '../support/authority-service.ts';
import { failureOf } from '../support/failure.ts';
import { filesBelow } from '../support/sandbox.ts';

const request = {
  scope: 'ada create',
  key: 'request-EXAMPLE-0001',
  token: 'ses-EXAMPLE',
  content: '{"name":"ci"}',
};
const issue = (keys: ScopedKeys, changes: Partial<typeof request> = {}) =>
  keys.issue(spec(), { idempotentRequest: { ...request, ...changes } });
const day = 86_400_000;

describe('a repeated request', () => {
  test('gets the same key and secret, and creates no other', () => {
    const { keysOf } = testService();
    const ada = keysOf('ada');
    const [first, second] = [issue(ada), issue(ada)];
    expect(second.id).toBe(first.id);
    expect(second.secret.reveal()).toBe(first.secret.reveal());
    expect(ada.list()).toHaveLength(1);
  });

  test('gets it even at the key limit and after the key was revoked', () => {
    const { keysOf } = testService({ maxKeys: 1 });
    const ada = keysOf('ada');
    const { id } = issue(ada);
    expect(issue(ada).id).toBe(id);
    ada.revoke(id);
    expect(issue(ada).id).toBe(id);
    expect(ada.list()).toHaveLength(1);
  });

  test('rotates once only', () => {
    const { keysOf } = testService();
    const ada = keysOf('ada');
    const { id } = ada.issue(spec());
    const rotate = () => ada.rotate(id, { grace: 0 }, { ...request, scope: `ada rotate ${id}` });
    const [first, second] = [rotate(), rotate()];
    expect([second.id, second.secret.reveal()]).toEqual([first.id, first.secret.reveal()]);
    expect(ada.list()).toHaveLength(2);
  });

  test('with different content is refused, and creates nothing', () => {
    const { keysOf } = testService();
    const ada = keysOf('ada');
    issue(ada);
    expect(failureOf(() => issue(ada, { content: '{"name":"other"}' }))).toMatchObject({
      exit: 'limit',
      code: 'idempotency_key_reused',
    });
    expect(ada.list()).toHaveLength(1);
  });

  test('from another session of the same user is refused, and creates no key', () => {
    const { keysOf } = testService();
    const ada = keysOf('ada');
    issue(ada);
    expect(failureOf(() => issue(ada, { token: 'ses-other-EXAMPLE' }))).toMatchObject({
      code: 'idempotency_key_reused',
      message: 'the Idempotency-Key was already used for another session',
    });
    expect(ada.list()).toHaveLength(1);
  });

  test.each([
    ['another user', { scope: 'bob create' }],
    ['another operation', { scope: 'ada rotate 3kTMd8Zx0QpLw7Vn' }],
    ['another header', { key: 'request-EXAMPLE-0002' }],
  ])('of %s is another request', (_, changes) => {
    const { keysOf } = testService();
    const ada = keysOf('ada');
    expect(issue(ada, changes).id).not.toBe(issue(ada).id);
  });

  test('is a new request after a day', () => {
    const { keysOf, clock } = testService();
    const ada = keysOf('ada');
    const { id } = issue(ada);
    clock.advance(day - 1);
    expect(issue(ada).id).toBe(id);
    clock.advance(1);
    const next = issue(ada);
    expect(next.id).not.toBe(id);
    expect(issue(ada).id).toBe(next.id);
  });

  test('that failed is tried again', () => {
    const { keysOf } = testService({ maxKeys: 1 });
    const ada = keysOf('ada');
    const { id } = ada.issue(spec());
    expect(failureOf(() => issue(ada)).code).toBe('key_limit');
    ada.revoke(id);
    expect(issue(ada).id).not.toBe(id);
  });
});

test('a stored response leaves neither the secret nor its sealing key in the files', () => {
  const { keysOf, path } = testService();
  const { secret } = issue(keysOf('ada'));
  const [, , part = ''] = secret.reveal().split('_');
  expect(part).toHaveLength(43);
  for (const file of filesBelow(dirname(path))) {
    const bytes = readFileSync(file);
    for (const text of [part, request.key]) {
      for (const form of ['latin1', 'utf16le', 'hex', 'base64', 'base64url'] as const) {
        // Without the ends, which depend on the neighbouring bytes.
        const written =
          form === 'latin1' || form === 'utf16le'
            ? Buffer.from(text, form)
            : Buffer.from(text).toString(form).slice(0, 16);
        expect(bytes.includes(written)).toBe(false);
      }
    }
  }
});
