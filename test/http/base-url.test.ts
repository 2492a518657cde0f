import { expect, test } from 'vitest';
import { KeysError } from '../../src/base/errors.ts';
import { parseBaseUrl } from '../../src/http/base-url.ts';

test.each([
  ['https://api.example.com', 'https://api.example.com/'],
  ['https://api.example.com/v1', 'https://api.example.com/v1'],
  ['http://127.0.0.1:8787', 'http://127.0.0.1:8787/'],
  ['http://127.1', 'http://127.0.0.1/'],
  ['http://127.255.0.9/x', 'http://127.255.0.9/x'],
  ['http://localhost:8787', 'http://localhost:8787/'],
  ['http://LOCALHOST', 'http://localhost/'],
  ['http://[::1]', 'http://[::1]/'],
])('%s is the base of an API', (text, href) => {
  expect(parseBaseUrl(text).href).toBe(href);
});

test.each([
  'http://192.0.2.1',
  'http://api.example.com',
  'http://localhost.example.com',
  'http://127.0.0.1.example.com',
  'http://[::2]',
  'http://0.0.0.0',
  'http://1270.0.0.1.example',
])('%s would send the token in the clear', (text) => {
  expect(refusal(text)).toBe(
    'the URL uses http, which would send the session token in the clear to another machine',
  );
});

test.each(['', 'api.example.com', 'localhost:8787', 'ftp://example.com', 'file:///etc/passwd', 'https://'])(
  '%j is not the URL of an API',
  (text) => {
    expect(refusal(text)).toBe(`'${text}' is not an http or https URL`);
  },
);

test.each([
  ['https://user:hunter2-EXAMPLE@api.example.com', 'the URL contains a user name or a password'],
  ['https://token-EXAMPLE@api.example.com', 'the URL contains a user name or a password'],
  ['https://api.example.com?key=one-EXAMPLE', 'the URL contains a query or a fragment'],
  ['https://api.example.com/#one-EXAMPLE', 'the URL contains a query or a fragment'],
  ['https://api.example.com/?', 'the URL contains a query or a fragment'],
  ['user:hunter2-EXAMPLE@api.example.com', 'the URL is not an http or https URL'],
  ['sk-0123456789abcdefghijklmnopEXAMPLE', "'****' is not an http or https URL"],
])('%s is refused, and the message repeats no secret', (text, reason) => {
  expect(refusal(text)).toBe(reason);
  expect(refusal(text)).not.toContain('EXAMPLE');
});

test('every problem is reported at once', () => {
  expect(refusal('http://user@example.com/?a')).toMatchInlineSnapshot(
    `"the URL contains a user name or a password; the URL contains a query or a fragment; the URL uses http, which would send the session token in the clear to another machine"`,
  );
});

function refusal(text: string): string {
  try {
    parseBaseUrl(text);
  } catch (error) {
    if (error instanceof KeysError && error.failure.exit === 'usage') return error.message;
    throw error;
  }
  throw new Error(`${text} was accepted`);
}
