import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Format } from '../../src/output/formats.ts';
import { present } from '../../src/output/present.ts';
import type { Io } from '../../src/platform/io.ts';
import { fakeIo } from '../support/fake-io.ts';

/** Rows of 1000 characters, counted as they are taken. */
function rows(count: number) {
  let taken = 0;
  async function* all() {
    for (; taken < count; taken += 1) yield { id: String(taken), text: 'x'.repeat(1000) };
  }
  return { rows: all(), taken: () => taken };
}

test.each<Format>(['json', 'ndjson', 'csv', 'tsv', 'yaml'])(
  'a reader that pauses pauses the rows of %s, and nothing piles up',
  async (format) => {
    const { io: base } = fakeIo({ cwd: '/', env: {} });
    let resume = () => {};
    const writes: number[] = [];
    const stdout = {
      ...base.stdout,
      write: (text: string) =>
        new Promise<void>((accept) => {
          writes.push(text.length);
          resume = accept;
        }),
    };
    const io: Io = Object.create(base, { stdout: { value: stdout } });
    const source = rows(1000);
    const columns = ['id', 'text'];
    const done = present(
      io,
      { format, fields: undefined, noColor: true, noPager: false },
      {
        kind: 'rows',
        rows: source.rows,
        columns,
        table: () => '',
      },
    );
    while (writes.length === 0) await turn();
    for (let at = 0; at < 100; at += 1) await turn();
    expect(writes).toHaveLength(1);
    expect(source.taken()).toBeLessThan(20);
    let isDone = false;
    void done.then(() => {
      isDone = true;
    });
    while (!isDone) {
      resume();
      await turn();
    }
    expect(source.taken()).toBe(1000);
    expect(Math.max(...writes)).toBeLessThan(20_000);
  },
);

test('rows that fail leave what was written without its end', async () => {
  async function* failing() {
    for (let at = 0; at < 100; at += 1) yield { id: String(at), text: 'x'.repeat(1000) };
    throw new Error('the next page is missing');
  }
  const { io, stdout } = fakeIo({ cwd: '/', env: {} });
  const result = { kind: 'rows' as const, rows: failing(), columns: ['id', 'text'], table: () => '' };
  await expect(
    present(io, { format: 'json', fields: undefined, noColor: true, noPager: false }, result),
  ).rejects.toThrow();
  expect(stdout()).toMatch(/^\[/);
  expect(() => JSON.parse(stdout())).toThrow(SyntaxError);
});
