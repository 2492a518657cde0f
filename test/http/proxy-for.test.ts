import { expect, test } from 'vitest';
import { proxyFor } from '../../src/http/proxy-for.ts';

const HTTPS_PROXY = 'http://proxy.example.com:3128';

test.each([
  ['https://api.example.com', 'example.com', true],
  ['https://example.com', 'example.com', true],
  ['https://example.com', '.example.com', true],
  ['https://api.example.com', '.example.com', true],
  ['https://api.example.com', '*.example.com', true],
  ['https://api.example.com', 'API.Example.COM', true],
  ['https://api.example.com', 'api.example.org, api.example.com', true],
  ['https://api.example.com', 'api.example.org api.example.com', true],
  ['https://api.example.com', 'api.example.com:443', true],
  ['https://api.example.com:8443', 'api.example.com:8443', true],
  ['https://api.example.com', '*', true],
  ['https://api.example.com', ' * ', true],
  ['https://[::1]', '[::1]', true],
  ['https://[::1]:8443', '[::1]:8443', true],
  ['https://[::1]', 'localhost,127.0.0.1,::1', true],
  ['https://[2001:db8::1]', '2001:DB8:0::1', true],
  ['https://192.0.2.1', '192.0.2.1', true],
  ['https://api.example.com', '', false],
  ['https://api.example.com', 'ample.com', false],
  ['https://api.example.com', 'api.example.com:8443', false],
  ['https://api.example.com:8443', 'api.example.com:443', false],
  ['https://api.example.com.example.org', 'api.example.com', false],
  ['https://192.0.2.1', '192.0.2.0/24', false],
])('%s with NO_PROXY=%s: reached directly: %s', (origin, noProxy, isDirect) => {
  const proxy = proxyFor(new URL(origin), { HTTPS_PROXY, NO_PROXY: noProxy });
  expect(proxy === undefined).toBe(isDirect);
});

test('names in lower case come first', () => {
  const env = { HTTPS_PROXY, https_proxy: 'http://lower.example.com', no_proxy: 'other', NO_PROXY: '*' };
  expect(proxyFor(new URL('https://api.example.com'), env)?.host).toBe('lower.example.com');
});
