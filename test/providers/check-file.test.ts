import { expect, test } from 'vitest';
import { checkText } from '../../src/providers/check-file.ts';

test('a missing field is where the object is that should contain it', () => {
  const { issues } = checkText('{\n  "id": "example",\n  "list": {\n    "get": "/keys"\n  }\n}');
  expect(issues.find(({ path }) => path === 'list.items')).toMatchObject({ line: 3, column: 3 });
  expect(issues.find(({ path }) => path === 'auth')).toMatchObject({ line: 1, column: 1 });
});

test('the name of a field that looks like a secret is not repeated', () => {
  const secret = 'sk-0123456789abcdefghijklmnopEXAMPLE';
  const { issues } = checkText(`{ "${secret}": 1, "${secret}": 2, "headers": { "${secret}": 3 } }`);
  expect(issues.map(({ path }) => path)).toContain('****');
  expect(JSON.stringify(issues)).not.toContain(secret);
});

// Once it took 31 s: the limit is far from what it takes, on the busiest machine too.
test('the faults of a declaration are found in one pass', { timeout: 20_000 }, () => {
  const fields = Array.from({ length: 5000 }, (_, index) => [`f${index}`, '{none}']);
  const { issues } = checkText(JSON.stringify({ create: { post: '/', body: Object.fromEntries(fields) } }));
  expect(issues.length).toBeGreaterThan(5000);
});

test.each(['null', '[]', '[{ "id": "a" }]', '"x"', '1'])('%s is one fault', (text) => {
  expect(checkText(text).issues).toEqual([
    {
      path: '',
      line: 1,
      column: 1,
      message: 'is not an object; write { "id": "my-api", … }, or let keys provider new write one',
    },
  ]);
});

test('a file in another encoding is told to be UTF-8', () => {
  const text = Buffer.from('\ufeff{}', 'utf16le').toString('utf8');
  expect(checkText(text).issues).toEqual([
    { path: '', line: 1, column: 1, message: 'is not UTF-8 text; save the file as UTF-8' },
  ]);
});

test('a fault that a text has twice is named once', () => {
  const { issues } = checkText('{ "create": { "post": "/keys", "body": { "name": "{id} {id}" } } }');
  expect(issues.filter(({ path }) => path === 'create.body.name')).toHaveLength(1);
});
