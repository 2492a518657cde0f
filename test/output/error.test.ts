import { describe, expect, test } from 'vitest';
import type { Failure } from '../../src/base/errors.ts';
import { failureJson, failureLines } from '../../src/output/error.ts';

const failure: Failure = {
  exit: 'usage',
  code: 'usage',
  message: 'one; two',
  problems: ['one', 'two'],
  hints: ['keys help', 'keys list'],
};
const secret = 'sk_live_0123456789abcdefghij_EXAMPLE';

describe('a failure as lines', () => {
  test('is a line for each problem and each hint', () => {
    expect(failureLines(failure)).toEqual(['error: one', 'error: two', 'hint: keys help', 'hint: keys list']);
  });

  test('is its message if it lists no problems', () => {
    expect(failureLines({ exit: 'failed', code: 'rejected', message: 'it failed' })).toEqual([
      'error: it failed',
    ]);
  });

  test('escapes unsafe characters and masks secrets', () => {
    const lines = failureLines({
      ...failure,
      problems: [`no \x1b[2J\n${secret}`],
      hints: [`keys revoke ${secret}`],
    });
    expect(lines).toEqual(['error: no \\x1b[2J\\n****', 'hint: keys revoke ****']);
  });
});

describe('a failure as JSON', () => {
  test('is one document, without unknown fields', () => {
    expect(failureJson(failure)).toBe(
      '{"error":{"code":"usage","message":"one; two","hint":"keys help\\nkeys list"}}\n',
    );
  });

  test('has the details from the server', () => {
    const text = failureJson({
      exit: 'limit',
      code: 'rate_limited',
      message: 'wait',
      httpStatus: 429,
      requestId: 'r1',
      operation: 'op1',
    });
    expect(JSON.parse(text)).toEqual({
      error: { code: 'rate_limited', message: 'wait', httpStatus: 429, requestId: 'r1', operation: 'op1' },
    });
  });

  test('stays JSON and masks secrets', () => {
    const text = failureJson({ exit: 'failed', code: 'rejected', message: `"${secret}"\x1b\n${secret}` });
    expect(JSON.parse(text)).toEqual({ error: { code: 'rejected', message: '"****"\x1b\n****' } });
    expect(text.trimEnd()).not.toMatch(/[\x00-\x1f]/);
  });
});
