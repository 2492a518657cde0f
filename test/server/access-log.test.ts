import { request } from 'node:http';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pathOf } from '../../src/server/access-log.ts';
import { logText } from '../../src/server/log-text.ts';
import { anyCharacter } from '../support/any-character.ts';
import { serving, testService } from '../support/authority-service.ts';

async function started(format: 'json' | 'text', behindProxy = true) {
  const lines: string[] = [];
  const server = await serving(await testService(), {
    behindProxy,
    log: { format, write: (line) => lines.push(line) },
  });
  return { ...server, lines };
}

/** What could end a line, move a cursor or turn text around. */
const harmful = /[\p{Control}\p{Bidi_Control}\u2028\u2029\p{Surrogate}]/u;

describe.each(['json', 'text'] as const)('the log as %s', (format) => {
  test.each([
    ['C1 controls', '\x9b31mred', '127.0.0.1'],
    ['a line break in UTF-8', Buffer.from('\u2028evil').toString('latin1'), '127.0.0.1'],
    ['words', '203.0.113.9 GET /forged', '127.0.0.1'],
    ['a list that ends in nothing', '203.0.113.9,', '127.0.0.1'],
    ['a megabyte of nothing', 'x'.repeat(10_000), '127.0.0.1'],
    ['an address', '203.0.113.9', '203.0.113.9'],
    ['the last of several', '\x9bevil, 203.0.113.9', '203.0.113.9'],
    ['an address with its port', '203.0.113.9:4711', '203.0.113.9'],
    ['IPv6 with its port', '[2001:db8::1]:4711', '2001:db8::1'],
  ])('has an address, whatever X-Forwarded-For contains: %s', async (_, forwarded, address) => {
    const { url, lines } = await started(format);
    await new Promise((done) =>
      request(`${url}/healthz`, { headers: { 'x-forwarded-for': forwarded } }, (response) =>
        response.resume().on('end', done),
      ).end(),
    );
    await expect.poll(() => lines.length).toBe(1);
    expect(lines[0]).not.toMatch(harmful);
    expect(lines[0]).toContain(address);
    expect(lines[0]).not.toMatch(/evil|forged|xxx/);
    expect(lines[0]?.length).toBeLessThan(500);
  });

  test('ignores the header without a proxy', async () => {
    const { url, lines } = await started(format, false);
    await fetch(`${url}/healthz`, { headers: { 'x-forwarded-for': '203.0.113.9' } });
    await expect.poll(() => lines.length).toBe(1);
    expect(lines[0]).toContain('127.0.0.1');
    expect(lines[0]).not.toContain('203.0.113.9');
  });

  test('a user with any name takes one harmless line', async () => {
    const { url, token, lines } = await started(format);
    const user = 'eve\u202e\x9b2J';
    await fetch(`${url}/admin/keys`, { headers: { authorization: `Bearer ${await token(user)}` } });
    await expect.poll(() => lines.length).toBe(1);
    expect(lines[0]).not.toMatch(harmful);
  });
});

test('foreign text is harmless and bounded, whatever it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: anyCharacter, maxLength: 500 }), fc.nat(40), (text, longest) => {
      const kept = logText(text, longest);
      expect(kept.length).toBeLessThanOrEqual(longest);
      expect(kept).not.toMatch(harmful);
    }),
  );
});

test('cutting a text leaves nothing of a secret', () => {
  const secret = `sk_${'a1'.repeat(8)}_${'b2'.repeat(21)}c_EXAMPL`;
  for (let before = 900; before < 1000; before += 3) {
    expect(pathOf(`/${'x'.repeat(before)}/${secret}`)).not.toContain('sk_a1');
  }
});

test('a caller that disconnects early is logged with its address', async () => {
  const { url, lines, token } = await started('json', false);
  const calling = request(`${url}/admin/keys`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${await token('ada')}`,
      'content-type': 'application/json',
      'content-length': 100,
    },
  }).on('error', () => {});
  calling.write('{"name":');
  await new Promise((done) => setTimeout(done, 100));
  calling.destroy();
  await expect.poll(() => lines.length).toBe(1);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ path: '/admin/keys', ip: '127.0.0.1' });
});
