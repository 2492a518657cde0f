import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BoundedBuffer } from '../../src/gateway/bounded-buffer.ts';
import type { Usage } from '../../src/gateway/usage-block.ts';
import { meterFor, usageIn } from '../../src/gateway/usage-block.ts';
import { runs } from '../support/runs.ts';
import { event, eventsOf } from '../support/scripted-upstream.ts';

const megabyte = 1024 * 1024;

describe('the usage of a document', () => {
  test.each<[object, Usage]>([
    [{ total_tokens: 11, prompt_tokens: 1, completion_tokens: 2 }, { tokens: 11 }],
    [{ prompt_tokens: 7, completion_tokens: 4 }, { tokens: 11 }],
    [{ input_tokens: 7, output_tokens: 4 }, { tokens: 11 }],
    [{ prompt_tokens: 7 }, { tokens: 7 }],
    [{ total_tokens: 0 }, { tokens: 0 }],
    [
      { total_tokens: 11, cost: 0.5 },
      { tokens: 11, costUsd: 0.5 },
    ],
    [
      { total_tokens: 11, cost_usd: 0, cost: 2, total_cost: 3 },
      { tokens: 11, costUsd: 0 },
    ],
    [
      { total_tokens: 11, total_cost: 3 },
      { tokens: 11, costUsd: 3 },
    ],
    [{ cost: 0.5 }, { tokens: 0, costUsd: 0.5 }],
    // Absurd values count as absent.
    [{ total_tokens: -1, prompt_tokens: 7, completion_tokens: 4 }, { tokens: 11 }],
    [{ total_tokens: '11', input_tokens: 3 }, { tokens: 3 }],
    [{ total_tokens: 1.5, input_tokens: 3 }, { tokens: 3 }],
    [{ total_tokens: 1e300, input_tokens: 3 }, { tokens: 3 }],
    [{ prompt_tokens: -7, completion_tokens: 4 }, { tokens: 4 }],
    [{ total_tokens: 11, cost: -1 }, { tokens: 11 }],
    [{ total_tokens: 11, cost: '0.5' }, { tokens: 11 }],
    [
      { total_tokens: 11, cost_usd: null, cost: 0.5 },
      { tokens: 11, costUsd: 0.5 },
    ],
    [{ total_tokens: 11, cost: Number.NaN, total_cost: Number.POSITIVE_INFINITY }, { tokens: 11 }],
    [{ total_tokens: 11, cost: { upstream: 1 } }, { tokens: 11 }],
  ])('%j is %j', (usage, expected) => {
    expect(usageIn({ usage })).toEqual(expected);
    expect(usageIn({ type: 'response.completed', response: { usage } })).toEqual(expected);
  });

  test.each([
    { usage: null },
    { usage: {} },
    { usage: [11] },
    { usage: 11 },
    { usage: { total_tokens: Number.MAX_SAFE_INTEGER + 2 } },
    { usage: { prompt_tokens: Number.MAX_SAFE_INTEGER, completion_tokens: 1 } },
    { response: null },
    { choices: [{ usage: { total_tokens: 11 } }] },
    [],
    'usage',
    null,
    undefined,
  ])('%j has no usage', (document) => {
    expect(usageIn(document)).toBeUndefined();
  });

  test('comes with the model', () => {
    const usage = { total_tokens: 11 };
    expect(usageIn({ model: 'gpt-4', usage })).toEqual({ tokens: 11, model: 'gpt-4' });
    expect(usageIn({ model: 'x', response: { model: 'gpt-4', usage } })).toEqual({
      tokens: 11,
      model: 'gpt-4',
    });
    expect(usageIn({ model: 'x'.repeat(201), usage })).toEqual({ tokens: 11 });
    expect(usageIn({ model: 7, usage })).toEqual({ tokens: 11 });
  });
});

describe('which responses are read', () => {
  const document = Buffer.from('{"usage":{"total_tokens":11}}');
  const found = (headers: Record<string, string | string[]>, body = document) => {
    const meter = meterFor(headers);
    meter?.add(body);
    return meter?.end();
  };

  test.each(['application/json', 'application/json; charset=utf-8', 'Application/Problem+JSON'])(
    '%s is JSON',
    (type) => {
      expect(found({ 'content-type': type })).toEqual({ tokens: 11 });
    },
  );

  test.each(['text/html', 'audio/mpeg', 'application/json-seq', ''])('%j is not JSON', (type) => {
    expect(found({ 'content-type': type })).toBeUndefined();
  });

  test('text/event-stream is read as events', () => {
    const body = Buffer.from(`data: ${document}\n\n`);
    expect(found({ 'content-type': 'text/event-stream; charset=utf-8' }, body)).toEqual({ tokens: 11 });
  });

  test('compressed responses are not read, even if they look like JSON', () => {
    expect(found({ 'content-type': 'application/json', 'content-encoding': 'gzip' })).toBeUndefined();
    expect(found({ 'content-type': 'application/json', 'content-encoding': 'identity' })).toEqual({
      tokens: 11,
    });
  });

  test('a text that is not JSON, or incomplete, has no usage', () => {
    const headers = { 'content-type': 'application/json' };
    expect(found(headers, Buffer.from('{"usage":{"total_tokens":11}'))).toBeUndefined();
    expect(found(headers, Buffer.alloc(0))).toBeUndefined();
  });
});

/** The usage in a stream that arrives in pieces, split at these positions. */
function usageOf(stream: Buffer, cuts: readonly number[] = []): Usage | undefined {
  const meter = meterFor({ 'content-type': 'text/event-stream' });
  let start = 0;
  for (const cut of [...cuts].sort((one, other) => one - other)) {
    meter?.add(stream.subarray(start, cut));
    start = cut;
  }
  meter?.add(stream.subarray(start));
  return meter?.end();
}

describe('the usage of a stream of events', () => {
  const call = { model: 'gpt-4', stream_options: { include_usage: true } };
  const completed = event({
    type: 'response.completed',
    response: { model: 'gpt-4', usage: { input_tokens: 7, output_tokens: 4, total_tokens: 11 } },
  });
  const chat = eventsOf(call).join('');

  test.each([
    ['a chat', chat],
    ['lines that end in CR LF', chat.replaceAll('\n', '\r\n')],
    ['lines that end in CR', chat.replaceAll('\n', '\r')],
    [
      'a mark of byte order',
      `\ufeff${event({ model: 'gpt-4-0613', usage: { total_tokens: 11, cost: 0.0025 } })}`,
    ],
    [
      'data of several lines',
      'data: {"model":"gpt-4-0613","usage":\ndata: {"total_tokens":11,"cost":\ndata:0.0025}}\n\n',
    ],
    [
      'data of several lines that end in CR LF',
      'data: {"model":"gpt-4-0613","usage":\r\ndata: {"total_tokens":11,"cost":\r\ndata:0.0025}}\r\n\r\n',
    ],
    ['other fields and comments', `: hi\nid: 1\nevent: x\n${chat}\n:data: {"usage":{"total_tokens":5}}\n\n`],
    ['an end without an empty line', chat.slice(0, chat.lastIndexOf('data: [DONE]')).trimEnd()],
    [
      'later events without usage',
      `${chat}${event({ usage: null })}${event({ usage: {} })}${event('"usage" {')}`,
    ],
    ['an earlier count', event({ usage: { total_tokens: 5 } }) + chat],
  ])('%s, split anywhere', (_, text) => {
    const stream = Buffer.from(text);
    const expected = { tokens: 11, costUsd: 0.0025, model: 'gpt-4-0613' };
    expect(usageOf(stream)).toEqual(expected);
    fc.assert(
      fc.property(fc.array(fc.nat(stream.length)), (cuts) => {
        expect(usageOf(stream, cuts)).toEqual(expected);
      }),
      runs(200),
    );
    expect(usageOf(stream, [...stream.keys()])).toEqual(expected);
  });

  test('the Responses API has it in its last event', () => {
    const created = event({ type: 'response.created', response: { model: 'gpt-4', usage: null } });
    expect(usageOf(Buffer.from(created + completed))).toEqual({ tokens: 11, model: 'gpt-4' });
  });

  test('is absent if no event has it', () => {
    expect(usageOf(Buffer.from(eventsOf({ model: 'gpt-4' }).join('')))).toBeUndefined();
    expect(usageOf(Buffer.from('event: {"usage":{"total_tokens":11}}\n\n'))).toBeUndefined();
    expect(usageOf(Buffer.from('xdata: {"usage":{"total_tokens":11}}\n\n'))).toBeUndefined();
    expect(usageOf(Buffer.from(' data: {"usage":{"total_tokens":11}}\n\n'))).toBeUndefined();
  });

  test('any bytes are read the same, however they are split', () => {
    const piece = fc.constantFrom(
      'data:',
      'data',
      ':',
      '\r',
      '\n',
      '\r\n',
      '\n\n',
      '{"usage":{"total_tokens":3}}',
      'ü',
      ' ',
    );
    fc.assert(
      fc.property(fc.array(piece), fc.array(fc.nat(200)), (pieces, cuts) => {
        const stream = Buffer.from(pieces.join(''));
        expect(usageOf(stream, cuts)).toEqual(usageOf(stream));
      }),
      runs(500),
    );
  });

  test('the usage is read from the end of an event of 20 MB, and from the next event', () => {
    const output = 'x'.repeat(20 * megabyte);
    const huge = event({
      type: 'response.completed',
      response: { output, usage: { total_tokens: 11 }, user: null },
    });
    expect(usageOf(Buffer.from(huge))).toEqual({ tokens: 11 });
    expect(usageOf(Buffer.from(huge + event({ usage: { total_tokens: 5 } })))).toEqual({ tokens: 5 });
  });
});

describe('a document that is too long to keep', () => {
  const long = (end: string) => {
    const text = new BoundedBuffer();
    text.add(Buffer.from('{"data":["'));
    for (let size = 0; size < 9; size++) text.add(Buffer.alloc(megabyte, 'ü'));
    text.add(Buffer.from(`"]${end}`));
    return usageIn(text.read());
  };

  test.each([
    ',"usage":{"prompt_tokens":7,"total_tokens":11}}',
    ',"usage" : {"total_tokens":11}, "object":"list","x":[{"usage":{"total_tokens":5}}],"y":{"usage":1}}\n',
    ',"usage":{"total_tokens":11},"said":"\\"usage\\":{\\"total_tokens\\":5}}"}',
    ',"usage":{"total_tokens":5},"usage":{"total_tokens":11}}',
  ])('is read at its end: %s', (end) => {
    expect(long(end)).toEqual({ tokens: 11 });
  });

  test.each([
    '}',
    ',"x":[{"usage":{"total_tokens":5}}]}',
    ',"said":"\\"usage\\":{\\"total_tokens\\":5}}"}',
    ',"usage":{"total_tokens":11}',
    `,"usage":{"total_tokens":11},"x":"${'x'.repeat(megabyte)}"}`,
  ])('has no usage if none is there', (end) => {
    expect(long(end)).toBeUndefined();
  });

  test('never takes more than 8 MB', () => {
    const before = process.memoryUsage().arrayBuffers;
    const text = new BoundedBuffer();
    const piece = Buffer.alloc(megabyte / 2, 'x');
    let most = 0;
    for (let count = 0; count < 200; count++) {
      text.add(piece);
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    }
    // While a buffer grows, the smaller one still exists until it is collected.
    expect(most).toBeLessThan(20 * megabyte);
    text.add(Buffer.alloc(20 * megabyte, 'x'));
    text.add(Buffer.from(',"usage":{"total_tokens":11}}'));
    expect(usageIn(text.read())).toEqual({ tokens: 11 });
  });
});
