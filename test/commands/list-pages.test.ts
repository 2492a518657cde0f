import { describe, expect, test } from 'vitest';
import type { Answer } from '../support/fault-server.ts';
import { FaultServer, json } from '../support/fault-server.ts';
import type { FakeRunOptions } from '../support/sandbox.ts';
import { Sandbox } from '../support/sandbox.ts';

/* Lists of an API whose declaration says that the newest keys come first. */

const now = new Date('2026-11-20T12:00:00Z');

/** Keys from the `first` one on, newest first. */
function keysFrom(first: number, count: number, fields: object = {}): object[] {
  return Array.from({ length: count }, (_, at) => ({
    id: `key${String(first + at).padStart(4, '0')}`,
    name: `name-${first + at}`,
    description: 'x'.repeat(200),
    status: 'active',
    created_at: new Date(now.getTime() - (first + at) * 60_000).toISOString(),
    ...fields,
  }));
}

function page(data: object[], next: string | null): Answer {
  return json(200, { data, next_cursor: next });
}

async function list(
  flags: readonly string[],
  script: Record<string, Answer>,
  options: FakeRunOptions = {},
): Promise<{ exit: number | null; stdout: string; stderr: string; calls: number }> {
  const [box, server] = [new Sandbox(), await FaultServer.start()];
  for (const [route, answer] of Object.entries(script)) server.on(route, answer);
  const env = { KEYS_PROVIDER: 'authority', KEYS_URL: server.origin, KEYS_TOKEN: 'ses_EXAMPLE' };
  const run = await box.keys(['list', ...flags], { now, env, ...options });
  return { ...run, calls: server.received.length };
}

const first = 'GET /keys?limit=100';
const second = 'GET /keys?limit=100&cursor=p2';

describe('--limit reads the pages that it needs', () => {
  test.each([['--json'], ['--format', 'ndjson'], ['--format', 'csv'], ['--format', 'table'], []])(
    'and no other: %s %s',
    async (...flags) => {
      const { exit, stdout, stderr, calls } = await list([...flags, '--limit', '3'], {
        [first]: page(keysFrom(0, 100), 'p2'),
      });
      expect({ exit, stderr, calls }).toEqual({ exit: 0, stderr: '', calls: 1 });
      expect(stdout.match(/key0\d\d\d/g)).toEqual(['key0000', 'key0001', 'key0002']);
    },
  );

  test('and as many as a filter needs', async () => {
    const { stdout, calls } = await list(['--limit', '1', '--json', 'id', '--search', 'name-150'], {
      [first]: page(keysFrom(0, 100), 'p2'),
      [second]: page(keysFrom(100, 100), 'p3'),
    });
    expect([JSON.parse(stdout), calls]).toEqual([[{ id: 'key0150' }], 2]);
  });

  test('with an order of its own, all of them', async () => {
    const { stdout, calls } = await list(['--limit', '1', '--json', 'id', '--reverse'], {
      [first]: page(keysFrom(0, 100), 'p2'),
      [second]: page(keysFrom(100, 5), null),
    });
    expect([JSON.parse(stdout), calls]).toEqual([[{ id: 'key0104' }], 2]);
  });

  test('a table of all keys still counts them', async () => {
    const { stdout } = await list(['--format', 'table'], { [first]: page(keysFrom(0, 2), null) });
    expect(stdout).toMatch(/^authority\n2 active/);
  });

  test('a table without a key says why', async () => {
    const flags = ['--format', 'table', '--limit', '5', '--search', 'none'];
    const [box, server] = [new Sandbox(), await FaultServer.start()];
    server.always('GET /keys?limit=100', page(keysFrom(0, 2), null));
    const env = { KEYS_PROVIDER: 'authority', KEYS_URL: server.origin, KEYS_TOKEN: 'ses_EXAMPLE' };
    const { stdout } = await box.keys(['list', ...flags], { now, env });
    expect(stdout).toContain('No matching keys. To list all: keys list --status all');
  });
});

describe('a list that fails half-way', () => {
  const failing = {
    [first]: page([...keysFrom(0, 99), { ...keysFrom(99, 1)[0], created_at: 'yesterday' }], 'p2'),
    [second]: json(401, { error: { code: 'INVALID_SESSION', message: 'expired' } }),
  };

  test('is no JSON document, and stderr is one', async () => {
    const { exit, stdout, stderr } = await list(['--json'], failing);
    expect(exit).toBe(4);
    expect(stdout).toMatch(/^\[/);
    expect(() => JSON.parse(stdout)).toThrow(SyntaxError);
    expect(JSON.parse(stderr)).toMatchObject({ error: { httpStatus: 401 } });
  });

  test('leaves whole lines in a format of lines', async () => {
    const { exit, stdout } = await list(['--format', 'ndjson'], failing);
    expect(exit).toBe(4);
    const lines = stdout.split('\n');
    expect(lines.pop()).toBe('');
    expect(lines.map((line) => JSON.parse(line)).length).toBeGreaterThan(10);
  });
});

test('an odd key is a warning once the list is printed', async () => {
  const { exit, stdout, stderr } = await list(['--json', 'id'], {
    [first]: page([...keysFrom(0, 1), { ...keysFrom(1, 1)[0], created_at: 'yesterday' }], null),
  });
  expect([exit, JSON.parse(stdout)]).toEqual([0, [{ id: 'key0000' }, { id: 'key0001' }]]);
  expect(stderr).toContain(
    'the key key0001: the field data[1].created_at is not a time; createdAt is omitted',
  );
});
