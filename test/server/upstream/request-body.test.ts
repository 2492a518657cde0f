import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { namedModel, withUsageAsked } from '../../../src/server/upstream/request-body.ts';

const target = '/v1/chat/completions';

function json(body: string | Buffer, type = 'application/json') {
  return { target, headers: { 'content-type': type }, body: Buffer.from(body) };
}

describe('the model of a JSON body', () => {
  test.each([
    ['{"model":"gpt-4","messages":[{"model":"other"}]}', 'gpt-4'],
    ['{"mod\\u0065l":"gpt-4"}', 'gpt-4'],
    ['{"Model":"gpt-4"}', 'gpt-4'],
    ['\ufeff{"model":"gpt-4"}', 'gpt-4'],
    [' {"model" : "gpt-4", "x": "\\"model\\":\\"other\\""} ', 'gpt-4'],
    ['{"model":""}', ''],
  ])('%s names it', (body, model) => {
    expect(namedModel(json(body))).toEqual({ model, ambiguous: false });
  });

  test.each(['{"messages":[{"model":"gpt-4"}]}', '{}', '[]', '[{"model":"gpt-4"}]', '"model"', 'null', ''])(
    '%j names none',
    (body) => {
      expect(namedModel(json(body))).toEqual({ ambiguous: false });
    },
  );

  test.each([
    '{"model":"gpt-4","model":"gpt-5"}',
    '{"model":"gpt-4","model":"gpt-4"}',
    '{"model":"gpt-4","MODEL":"gpt-5"}',
    '{"model":"gpt-4","mod\\u0065l":"gpt-5"}',
    '{"model":"gpt-4","x":{"y":["}"]},"model":"gpt-5"}',
    '{"model":7}',
    '{"model":null}',
    '{"model":["gpt-4"]}',
    '{"model":{"id":"gpt-4"}}',
    '{"model":"gpt-4"',
    '{"model":"gpt-4","temperature":NaN}',
    "{'model':'gpt-4'}",
    '{"model":"gpt-4"} {"model":"gpt-5"}',
    '// {"model":"gpt-4"}',
  ])('%s is ambiguous', (body) => {
    expect(namedModel(json(body))).toEqual({ ambiguous: true });
  });

  test('bytes that are no UTF-8, and other encodings of text, are ambiguous', () => {
    expect(namedModel(json(Buffer.from('{"model":"\xff"}', 'latin1')))).toEqual({ ambiguous: true });
    const wide = Buffer.from('\ufeff{"model":"gpt-4"}', 'utf16le');
    for (const type of ['application/json', 'text/plain', 'application/json; charset=utf-16']) {
      expect(namedModel(json(wide, type))).toEqual({ ambiguous: true });
      expect(namedModel(json(Buffer.from(wide).swap16(), type))).toEqual({ ambiguous: true });
    }
    expect(namedModel(json('{"model":"gpt-4"}', 'application/json; charset="utf-7"'))).toEqual({
      ambiguous: true,
    });
    expect(namedModel(json('{"model":"gpt-4"}', 'application/json; charset=UTF-8'))).toMatchObject({
      model: 'gpt-4',
    });
  });

  test.each(['application/json', 'text/plain'])('a compressed body of %s is ambiguous', (type) => {
    const headers = { 'content-type': type, 'content-encoding': 'gzip' };
    const body = gzipSync('{"model":"gpt-4"}');
    expect(namedModel({ target, headers, body })).toEqual({ ambiguous: true });
  });

  test.each(['text/plain', 'application/octet-stream', 'application/vnd.api+json', ''])(
    'a Content-Type of %j does not hide it, for many servers do not look at that',
    (type) => {
      expect(namedModel(json('{"model":"gpt-4"}', type))).toEqual({ model: 'gpt-4', ambiguous: false });
      expect(namedModel(json('{"model":"gpt-4","model":"gpt-5"}', type))).toEqual({ ambiguous: true });
    },
  );

  test('other content names none', () => {
    expect(namedModel(json('model=gpt-4', 'text/plain'))).toEqual({ ambiguous: false });
    expect(namedModel(json(Buffer.from([0xff, 0xfb, 0x90, 0x44]), 'audio/mpeg'))).toEqual({
      ambiguous: false,
    });
    expect(namedModel({ target: '/v1/models', headers: {}, body: undefined })).toEqual({ ambiguous: false });
  });

  test('whatever stands around them, two names are seen', () => {
    const name = fc.constantFrom('model', 'Model', 'MODEL', '\\u006dodel', 'm\\u004fdel');
    const filler = fc.dictionary(
      fc.string().map((text) => `x${text}`),
      fc.jsonValue(),
      { maxKeys: 3 },
    );
    fc.assert(
      fc.property(name, name, filler, filler, (one, other, before, between) => {
        const inner = (object: object) => JSON.stringify(object).slice(1, -1);
        const members = [inner(before), `"${one}":"a"`, inner(between), `"${other}":"b"`].filter(Boolean);
        expect(namedModel(json(`{${members.join(',')}}`))).toEqual({ ambiguous: true });
      }),
    );
  });
});

describe('the model elsewhere', () => {
  test('in the query, alone or as in the body', () => {
    const body = Buffer.from('{"model":"gpt-4"}');
    const headers = {};
    expect(namedModel({ target: '/v1/x?model=gpt-4', headers, body: undefined })).toMatchObject({
      model: 'gpt-4',
    });
    expect(namedModel({ target: '/v1/x?a=b&model=gpt-4', headers, body })).toMatchObject({ model: 'gpt-4' });
    expect(namedModel({ target: '/v1/x?model=gpt-5', headers, body })).toEqual({ ambiguous: true });
    expect(namedModel({ target: '/v1/x?a=?&model=gpt-5', headers, body })).toEqual({ ambiguous: true });
  });

  test('in a form', () => {
    const type = 'application/x-www-form-urlencoded';
    expect(namedModel(json('a=b&model=gpt%2D4', type))).toEqual({ model: 'gpt-4', ambiguous: false });
    expect(namedModel(json('model=gpt-4&mod%65l=gpt-5', type))).toEqual({ ambiguous: true });
    expect(namedModel(json('a=b', type))).toEqual({ ambiguous: false });
  });
});

describe('the model of form data', () => {
  const type = 'multipart/form-data; boundary=----x';
  const part = (name: string, value: string, more = '') =>
    `------x\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n${value}\r\n`;
  const file = part('file', 'ID3 "model" name="model"', '; filename="a.mp3"\r\nContent-Type: audio/mpeg');
  const end = '------x--\r\n';

  test.each([
    [part('model', 'whisper-1') + file + end, type],
    [file + part('model', 'whisper-1') + end, type],
    [part('model', 'whisper-1') + part('model', 'whisper-1') + end, type],
    [`------x\r\ncontent-disposition:form-data;name=model\r\n\r\nwhisper-1\r\n${end}`, type],
    [part('model', 'whisper-1') + end, 'multipart/form-data; boundary="----x"'],
    [part('model', 'whisper-1') + end.trim(), type],
    [part('MODEL', 'whisper-1') + end, type],
    [
      `${part('model', 'whisper-1')}------x\r\nContent-Disposition: form-data; name="file"; filename="ü.mp3"\r\n\r\n\r\n${end}`,
      type,
    ],
  ])('%j names it', (body, contentType) => {
    expect(namedModel(json(body, contentType))).toEqual({ model: 'whisper-1', ambiguous: false });
  });

  test('without the field there is none', () => {
    expect(namedModel(json(file + end, type))).toEqual({ ambiguous: false });
  });

  test.each<[string, string, string?]>([
    ['different names', part('model', 'a') + part('model', 'b') + end],
    ['different cases', part('model', 'a') + part('Model', 'b') + end],
    ['no boundary', part('model', 'a') + end, 'multipart/form-data'],
    ['two boundaries', part('model', 'a') + end, 'multipart/form-data; boundary=----x; boundary=y'],
    ['no end', part('model', 'a')],
    ['something before', `x\r\n${part('model', 'a')}${end}`],
    ['something after', `${part('model', 'a')}${end}${part('model', 'b')}`],
    ['a delimiter after a bare line feed', `${part('file', `x\n${part('model', 'b').trim()}`)}${end}`],
    ['a delimiter with padding', part('model', 'a').replace('x\r\n', 'x \r\n') + end],
    ['a name in another form', part('model', 'a') + part('x', 'b', "; name*=UTF-8''model") + end],
    ['a name with escapes', part('mod\\el', 'a') + end],
    ['a name with encoding', part('mod%65l', 'a') + end],
    ['a name twice', part('x', 'a', '; name="model"') + end],
    ['a name in a file name', part('file', 'a', '; filename="x; name=model"') + end],
    ['a quote in a file name', part('file', 'a', '; filename="x\\"; name=\\"model"') + end],
    ['two dispositions', part('x', 'a', '\r\nContent-Disposition: form-data; name="model"') + end],
    ['no disposition', `------x\r\nContent-Type: text/plain\r\n\r\na\r\n${end}`],
    ['a folded header', part('x', 'a', '\r\n ; name="model"') + end],
    [
      'a bare line feed in the headers',
      part('x', 'a', '\nContent-Disposition: form-data; name="model"') + end,
    ],
    ['a coding', part('model', 'YQ==', '\r\nContent-Transfer-Encoding: base64') + end],
    ['a character set', part('model', 'a') + end, `${type}; charset=cp037`],
  ])('%s: ambiguous', (_, body, contentType = type) => {
    expect(namedModel(json(body, contentType))).toEqual({ ambiguous: true });
  });

  test('the bodies of FormData are read', async () => {
    const form = new FormData();
    form.set('file', new Blob([Buffer.alloc(1000, '\r\n--')]), 'a "quoted" näme.mp3');
    form.set('model', 'whisper-1');
    const request = new Request('http://localhost', { method: 'POST', body: form });
    const headers = { 'content-type': request.headers.get('content-type') ?? '' };
    const body = Buffer.from(await request.arrayBuffer());
    expect(namedModel({ target, headers, body })).toEqual({ model: 'whisper-1', ambiguous: false });
  });
});

describe('asking for the usage', () => {
  const asked = (body: string, path = target, headers = {}) =>
    withUsageAsked({ target: path, headers, body: Buffer.from(body) })?.body?.toString();

  test.each([
    ['{"stream":true}', '{"stream":true,"stream_options":{"include_usage":true}}'],
    [
      '{ "stream" : true , "seed": 12345678901234567890, "n": 1.0 }',
      '{"stream" : true,"seed": 12345678901234567890,"n": 1.0,"stream_options":{"include_usage":true}}',
    ],
    [
      '{"stream_options":{"include_usage":false,"include_obfuscation":false},"stream":true}',
      '{"stream":true,"stream_options":{"include_obfuscation":false,"include_usage":true}}',
    ],
    ['{"stream":true,"stream_options":null}', '{"stream":true,"stream_options":{"include_usage":true}}'],
    ['{"stream":true,"stream_options":"x"}', '{"stream":true,"stream_options":{"include_usage":true}}'],
    [
      '{"stream":true,"stream_options":{"include_usage":true,"include_usage":false}}',
      '{"stream":true,"stream_options":{"include_usage":true}}',
    ],
    [
      '{"stream":true,"stream_options":{"include_usage":true},"Stream_Options":{"include_usage":false}}',
      '{"stream":true,"stream_options":{"include_usage":true}}',
    ],
    [
      '{"stream":true,"stream_options":{"include_usage":true,"Include_Usage":false}}',
      '{"stream":true,"stream_options":{"include_usage":true}}',
    ],
    [
      '{"stream":true,"stream":false}',
      '{"stream":true,"stream":false,"stream_options":{"include_usage":true}}',
    ],
    ['{"Stream":true}', '{"Stream":true,"stream_options":{"include_usage":true}}'],
    ['{"stre\\u0061m":1}', '{"stre\\u0061m":1,"stream_options":{"include_usage":true}}'],
  ])('%s becomes %s', (body, sent) => {
    expect(asked(body)).toBe(sent);
  });

  test.each([
    '{"stream":true,"stream_options":{"include_usage":true}}',
    '{"stream":true, "stream_options": { "include_usage": true } }',
    '{"stream":false}',
    '{"stream":null}',
    ' {"messages":[{"stream":true}]}',
    '{}',
  ])('%s stays as it is', (body) => {
    expect(asked(body)).toBe(body);
  });

  test('only completions know the option', () => {
    expect(asked('{"stream":true}', '/v1/responses')).toBe('{"stream":true}');
    expect(asked('{"stream":true}', '/v1/completions?x=1')).toContain('include_usage');
    expect(asked('{"stream":true}', '/v1/chat/completion%73')).toContain('include_usage');
    expect(withUsageAsked({ target, headers: {}, body: undefined })).toEqual({ body: undefined });
  });

  test.each(['{"stream":true,"x":NaN}', '[{"stream":true}]', 'stream=true', '\xff'])(
    'completions that are no JSON object, such as %j, are not passed on',
    (body) => {
      expect(withUsageAsked({ target, headers: {}, body: Buffer.from(body, 'latin1') })).toBeUndefined();
    },
  );

  test('nor those that are compressed', () => {
    const body = gzipSync('{"stream":true}');
    expect(withUsageAsked({ target, headers: { 'content-encoding': 'gzip' }, body })).toBeUndefined();
    expect(asked('{"stream":true}', target, { 'content-encoding': 'identity' })).toContain('include_usage');
  });

  test('everything else keeps its value', () => {
    const rest = fc.dictionary(
      fc.string().map((text) => `x${text}`),
      fc.jsonValue(),
    );
    fc.assert(
      fc.property(rest, (others) => {
        const sent = asked(JSON.stringify({ ...others, stream: true }, null, 1));
        expect(JSON.parse(sent ?? '')).toEqual(
          JSON.parse(JSON.stringify({ ...others, stream: true, stream_options: { include_usage: true } })),
        );
      }),
    );
  });
});
