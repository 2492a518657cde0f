import { expect, test } from 'vitest';
import { basePathOf, isCompletions, segmentsOf, targetBelow } from '../../src/gateway/upstream-path.ts';
import { failureOf } from '../support/failure.ts';

test.each([
  ['https://api.example.com', '/v1'],
  ['https://api.example.com/', '/v1'],
  ['https://api.example.com/v1', '/v1'],
  ['https://api.example.com/v1/', '/v1'],
  ['http://gateway.example.com:8080/openai/v1', '/openai/v1'],
  ['http://gateway.example.com/openai', '/openai/v1'],
  ['https://api.example.com/dev1', '/dev1/v1'],
])('the API at %s is below %s', (url, path) => {
  expect(basePathOf(new URL(url))).toBe(path);
});

test.each([
  ['https://user-EXAMPLE@api.example.com/v1', 'contains a user name or a password'],
  ['https://:password-EXAMPLE@api.example.com/v1', 'contains a user name or a password'],
  ['https://api.example.com/v1?key=EXAMPLE', 'has a query or a fragment'],
  ['https://api.example.com/v1?', 'has a query or a fragment'],
  ['https://api.example.com/v1#EXAMPLE', 'has a query or a fragment'],
  ['ftp://api.example.com/v1', 'is not http or https'],
])('%s is refused, and not repeated', (url, problem) => {
  const failure = failureOf(() => basePathOf(new URL(url)));
  expect(failure).toMatchObject({ exit: 'usage', message: `the upstream URL ${problem}` });
  expect(JSON.stringify(failure)).not.toContain('EXAMPLE');
});

test.each([
  ['/v1/models', '/openai/v1/models'],
  ['/v1/chat/completions?beta=true&x=%20', '/openai/v1/chat/completions?beta=true&x=%20'],
  ['/v1/models/org%2Fmodel-1.5', '/openai/v1/models/org%2Fmodel-1.5'],
  ['/v1/files/a..b/content', '/openai/v1/files/a..b/content'],
  ['/v1/models/', '/openai/v1/models/'],
  ['/v1/models/my%20model', '/openai/v1/models/my%20model'],
  ['/v1/models/ft:gpt-4o:org::id', '/openai/v1/models/ft:gpt-4o:org::id'],
  ['/v1/models/m%C3%B6del', '/openai/v1/models/m%C3%B6del'],
  ['/v1/search?q=%2e%2e%00;..', '/openai/v1/search?q=%2e%2e%00;..'],
  ['/v1/search?path=../x', '/openai/v1/search?path=../x'],
])('%s is %s there', (target, path) => {
  expect(targetBelow('/openai/v1', target)).toBe(path);
});

test.each([
  '/v1/../admin',
  '/v1/models/..',
  '/v1/models/../../admin?x=1',
  '/v1/./models',
  '/v1/%2e%2e/admin',
  '/v1/.%2E/admin',
  '/v1/x%2f..%2fadmin',
  '/v1/x%5c..%5cadmin',
  '/v1/..\\admin',
  '/v1/..;/admin',
  '/v1/..;a=b/admin',
  '/v1/%252e%252e/admin',
  '/v1/%25252e%25252e/admin',
  '/v1',
  '/v1?x',
  '/v2/models',
  '/v1x/models',
  'http://elsewhere.example.com/v1/models',
  '//elsewhere.example.com/v1/models',
  '*',
  '',
  '/v1/models#x',
  '/v1/mod els',
  '/v1/models\r\nx: y',
  '/v1/mödels',
  '/v1/..%20/admin',
  '/v1/%20../admin',
  '/v1/..%09/admin',
  '/v1/..%0a/admin',
  '/v1/..%c2%a0/admin',
  '/v1/%2e%2e%00/admin',
  '/v1/..%00',
  '/v1/models%00.json',
  '/v1/..%c0%af/admin',
  '/v1/%c0%ae%c0%ae/admin',
  '/v1/%ff',
  '/v1/%e2%80%a5/admin',
  '/v1/%ef%bc%8e%ef%bc%8e/admin',
  '/v1/..%ef%bc%8fadmin',
  '/v1/..%e3%80%80/admin',
  '/v1/..%e2%80%8b/admin',
  '/v1/%252e',
  '/v1/models%252fx',
  '/v1/x%25',
  '/v1/100%',
  '/v1/%zz',
  '/v1/%u002e%u002e/admin',
  '/v1/models;x',
  '/v1/models%3bx',
  '/v1/models%3b/../admin',
  '/v1/a\\b',
  '/v1/a%5cb',
  '/v1//admin',
  '/v1/models//',
  '/v1/x%2f/admin',
  '/v1/%2fadmin',
  '/v1/x%2f%2e%2e',
  '/v1/files/...',
  '/v1/models%3fx=1',
  '/v1/models%23x',
  '/v1/a"b',
  '/v1/<b>',
  '/v1/{b}',
  '/v1/a|b',
  '/v1/a^b',
  '/v1/a`b',
])('%j is not forwarded', (target) => {
  expect(targetBelow('/v1', target)).toBeUndefined();
});

test.each([
  ['/v1/chat/completions', true],
  ['/v1/completions?x=1', true],
  ['/v1/chat/completions/', true],
  ['/v1/chat/Completions', true],
  ['/v1/chat/completion%73', true],
  ['/v1/chat/completions/abc', false],
  ['/v1/responses?x=/completions', false],
])('%s is for completions: %s', (target, is) => {
  expect(isCompletions(target)).toBe(is);
});

test('the segments of a path are decoded once', () => {
  expect(segmentsOf('/v1/models/org%2Fmodel?x=/y')).toEqual(['v1', 'models', 'org/model']);
  expect(segmentsOf('/v1/models/')).toEqual(['v1', 'models']);
});
