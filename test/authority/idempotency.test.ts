import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ScopedKeys } from '../../src/authority/scoped-keys.ts';
import { spec } from '../support/authority.ts';
import { testService } from '../support/authority-service.ts';
import { failureIn } from '../support/failure.ts';
import { filesBelow } from '../support/sandbox.ts';
import { fileTest } from '../support/stores.ts';

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
  test('gets the same key and secret, and creates no other', async () => {
    const { keysOf } = await testService();
    const ada = await keysOf('ada');
    const [first, second] = [await issue(ada), await issue(ada)];
    expect(second.id).toBe(first.id);
    expect(second.secret.reveal()).toBe(first.secret.reveal());
    expect(await ada.list()).toHaveLength(1);
  });

  test('gets it even at the key limit and after the key was revoked', async () => {
    const { keysOf } = await testService({ maxKeys: 1 });
    const ada = await keysOf('ada');
    const { id } = await issue(ada);
    expect((await issue(ada)).id).toBe(id);
    await ada.revoke(id);
    expect((await issue(ada)).id).toBe(id);
    expect(await ada.list()).toHaveLength(1);
  });

  test('rotates once only', async () => {
    const { keysOf } = await testService();
    const ada = await keysOf('ada');
    const { id } = await ada.issue(spec());
    const rotate = () => ada.rotate(id, { grace: 0 }, { ...request, scope: `ada rotate ${id}` });
    const [first, second] = [await rotate(), await rotate()];
    expect([second.id, second.secret.reveal()]).toEqual([first.id, first.secret.reveal()]);
    expect(await ada.list()).toHaveLength(2);
  });

  test('with different content is refused, and creates nothing', async () => {
    const { keysOf } = await testService();
    const ada = await keysOf('ada');
    await issue(ada);
    expect(await failureIn(issue(ada, { content: '{"name":"other"}' }))).toMatchObject({
      exit: 'limit',
      code: 'idempotency_key_reused',
    });
    expect(await ada.list()).toHaveLength(1);
  });

  test('from another session of the same user is refused, and creates no key', async () => {
    const { keysOf } = await testService();
    const ada = await keysOf('ada');
    await issue(ada);
    expect(await failureIn(issue(ada, { token: 'ses-other-EXAMPLE' }))).toMatchObject({
      code: 'idempotency_key_reused',
      message: 'the Idempotency-Key was already used for another session',
    });
    expect(await ada.list()).toHaveLength(1);
  });

  test.each([
    ['another user', { scope: 'bob create' }],
    ['another operation', { scope: 'ada rotate 3kTMd8Zx0QpLw7Vn' }],
    ['another header', { key: 'request-EXAMPLE-0002' }],
  ])('of %s is another request', async (_, changes) => {
    const { keysOf } = await testService();
    const ada = await keysOf('ada');
    expect((await issue(ada, changes)).id).not.toBe((await issue(ada)).id);
  });

  test('is a new request after a day', async () => {
    const { keysOf, clock } = await testService();
    const ada = await keysOf('ada');
    const { id } = await issue(ada);
    clock.advance(day - 1);
    expect((await issue(ada)).id).toBe(id);
    clock.advance(1);
    const next = await issue(ada);
    expect(next.id).not.toBe(id);
    expect((await issue(ada)).id).toBe(next.id);
  });

  test('that failed is tried again', async () => {
    const { keysOf } = await testService({ maxKeys: 1 });
    const ada = await keysOf('ada');
    const { id } = await ada.issue(spec());
    expect((await failureIn(issue(ada))).code).toBe('key_limit');
    await ada.revoke(id);
    expect((await issue(ada)).id).not.toBe(id);
  });
});

fileTest('a stored response leaves neither the secret nor its sealing key in the files', async () => {
  const { keysOf, path } = await testService();
  const { secret } = await issue(await keysOf('ada'));
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
