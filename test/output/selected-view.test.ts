import { Chalk } from 'chalk';
import { expect, test } from 'vitest';
import { selectedLine, selectedRecord, selectedTable } from '../../src/output/views/selected.ts';

const terminal = {
  width: 400,
  style: new Chalk({ level: 0 }),
  unicode: true,
  now: new Date('2026-11-20T12:00:00Z'),
};
const hostileText = '\x1b]8;;https://evil.example/\x07x\x1b[2J';
const fields = ['id', 'name', 'status', 'timestamp', 'time', 'createdAt', 'labels'];

/** What `keys api --paginate` prints is as the server sent it: it need not be a key, nor a record of a log. */
test.each(['status', 'constructor', 'toString', '__proto__', hostileText])(
  'a status %j, and a text that only looks like a time, are shown as text',
  async (status) => {
    // Date.parse takes what is in parentheses for a remark.
    const time = `2026-11-01 (${hostileText})`;
    const record = JSON.parse(
      JSON.stringify({
        id: hostileText,
        name: hostileText,
        status,
        timestamp: time,
        time,
        createdAt: time,
        labels: { [hostileText]: hostileText },
      }),
    );
    for (const text of [
      await selectedTable([record], fields, terminal),
      selectedRecord(record, fields, terminal),
      selectedLine(record, fields, terminal),
    ]) {
      expect(text).not.toContain('\x1b');
      expect(text).not.toContain('\x07');
      if (status !== hostileText) expect(text).toContain(status);
    }
  },
);

test('a status that is no text is shown, too', async () => {
  for (const status of [null, 200, { code: 1 }, ['active']])
    expect(await selectedTable([{ id: 'a', name: 'a', status }], ['id', 'status'], terminal)).toContain('a');
});
