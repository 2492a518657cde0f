import { expect, test } from 'vitest';
import { KeysError } from '../../src/base/errors.ts';
import { fillPath } from '../../src/remote/fill-path.ts';

test.each([
  ['/keys/{id}', 'a/b c', '/keys/a%2Fb%20c'],
  ['/keys/{id}', 'ci.', '/keys/ci.'],
  ['/keys/{id:path}', 'team/ci key/v1.', '/keys/team/ci%20key/v1.'],
  ['/keys/{id:path}/roll', 'a?b#c/d%2e', '/keys/a%3Fb%23c/d%252e/roll'],
  ['/keys/{id:path}', '...', '/keys/...'],
])('%s with %j is %s', (template, id, path) => {
  expect(fillPath(template, { id })).toBe(path);
});

test.each(['..', 'a/../b', './a', 'a//b', '/a', 'a/', '', '\ud800'])(
  'an id %j of several segments is refused before any call',
  (id) => {
    expect(() => fillPath('/keys/{id:path}', { id })).toThrow(KeysError);
  },
);
