import { expect, test } from 'vitest';
import { refusalIn, serving, testService } from '../support/authority-service.ts';

/* JSON nested a thousand levels deep, or with a hundred thousand members, is a 400, never a 500. */

const deep = (depth: number, inner = '1') => `${'['.repeat(depth)}${inner}${']'.repeat(depth)}`;
const bodies: Record<string, string> = {
  'an array': deep(400_000),
  'an array without end': '['.repeat(900_000),
  objects: `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`,
  'a label': `{"name":"ci","labels":${deep(20_000)}}`,
  'a name': `{"name":${deep(20_000, '"ci"')}}`,
  'very many members': `{${Array.from({ length: 100_001 }, (_, at) => `"${at}":1`).join()}}`,
  'a prototype': '{"name":"ci","labels":{"__proto__":{"team":"web"}}}',
  'a prototype, escaped': '{"name":"ci","\\u005f_proto__":1}',
  'no JSON': '{"name":"ci",}',
  nothing: '',
};

test.each(Object.entries(bodies))('%s', async (_, body) => {
  const { call, token } = await serving(await testService());
  const headers = { 'content-type': 'application/json' };
  for (const [method, path] of [
    ['POST', '/admin/keys'],
    ['PATCH', '/admin/keys/abcd'],
    ['POST', '/admin/sessions'],
    ['POST', '/unreal/v1/keys'],
    ['POST', '/privatemind/v1/api-keys'],
  ] as const) {
    const answer = await call(method, path, { token: await token('ada'), body, headers });
    expect([path, answer.status]).toEqual([path, 400]);
  }
  const answer = await call('POST', '/v1/usage', {
    token: await token('ada'),
    body: body.slice(0, 60_000),
    headers,
  });
  expect(refusalIn(answer)[0]).toBe(400);
});
