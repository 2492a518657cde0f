import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HttpProblem } from '../../src/gateway/http-problem.ts';
import { prepareRequest } from '../../src/gateway/prepare-request.ts';
import type { PreparedRequest } from '../../src/gateway/types.ts';

const target = '/v1/chat/completions';
const type = 'application/json';

interface Sent {
  method?: string;
  target?: string;
  type?: string;
  headers?: Record<string, string>;
}

function prepared(body: string | Buffer, limited: boolean, sent: Sent = {}): PreparedRequest {
  const headers = { 'content-type': sent.type ?? type, ...sent.headers };
  const { method = 'POST', target: to = target } = sent;
  return prepareRequest({ method, target: to, headers, body: Buffer.from(body) }, limited);
}

/** Status and code of the refusal. */
function refused(act: () => unknown): [number, string] {
  try {
    act();
  } catch (error) {
    if (error instanceof HttpProblem) return [error.status, error.code];
    throw error;
  }
  return expect.fail('not refused');
}

const ambiguous = [400, 'MODEL_AMBIGUOUS'];

describe('a key that is limited to models', () => {
  const models = (body: string | Buffer, sent?: Sent) => prepared(body, true, sent).models;

  test.each<[string, string[]]>([
    ['{"model":"a"}', ['a']],
    ['{"mod\\u0065l":"a"}', ['a']],
    ['\ufeff{"model":"a"}', ['a']],
    [' {"model" : "a", "x": "\\"model\\":\\"gold\\""} ', ['a']],
    ['{"model":"a","models":["gold"]}', ['a', 'gold']],
    ['{"model":"a","fallbacks":["gold"]}', ['a', 'gold']],
    ['{"model":"a","fallbacks":[{"a":["gold"]}]}', ['a', 'gold']],
    ['{"model":"a","fallback":{"to":{"name":"gold"}}}', ['a', 'gold']],
    ['{"model":"a","session":{"model":"gold"}}', ['a', 'gold']],
    ['{"model":"a","tools":[{"type":"image_generation","model":"gold"}]}', ['a', 'gold']],
    ['{"model":"a","x":{"y":[[{"MODEL":"gold"}]]}}', ['a', 'gold']],
    ['{"model":"a","model_id":"gold"}', ['a', 'gold']],
    ['{"model":"a","modelName":"gold"}', ['a', 'gold']],
    ['{"model":"a","base_model":"gold"}', ['a', 'gold']],
    ['{"model":"a","x-model":"gold"}', ['a', 'gold']],
    ['{"model":"a","m o d e l s":"gold"}', ['a', 'gold']],
    ['{"model":"a","\\uff4dodel_x":"gold"}', ['a', 'gold']],
    ['{"model":"a","engine":"gold"}', ['a', 'gold']],
    ['{"model":"a","deployment_id":"gold"}', ['a', 'gold']],
    ['{"model":"a","route":"fallback"}', ['a', 'fallback']],
    ['{"model":"a","extra_body":"{\\"model\\":\\"gold\\"}"}', ['a', 'gold']],
    ['{"model":"a","options":" [{\\"engine\\":\\"gold\\"}]"}', ['a', 'gold']],
    ['{"model":"a","prompt":"{\\"model\\":\\"gold\\"}"}', ['a']],
    ['{"model":"a","input":"[a model"}', ['a']],
    ['{"model":"a","note":"[sic] {x}"}', ['a']],
    ['{"model":"a","preset":"gold"}', ['a', 'gold']],
    ['{"model":"a","adapter_id":"gold"}', ['a', 'gold']],
    ['{"model":"a","tools":[{"function":{"parameters":{"model":"gold"}}}]}', ['a', 'gold']],
    ['{"model":"a","parameters":{"properties":{"model":{"x":"gold"}}}}', ['a', 'gold']],
    ['{"model":"a","allow_fallbacks":false,"models":[],"engine":null,"route":true}', ['a']],
    ['{}', []],
  ])('%s names %j', (body, expected) => {
    expect([...models(body)].sort()).toEqual([...expected].sort());
  });

  test('parameters and arguments of tools do not choose a model', () => {
    const schema = { type: 'object', properties: { model: { type: 'string', enum: ['T', 'S'] } } };
    const body = {
      model: 'a',
      tools: [{ function: { name: 'rent', parameters: schema } }, { name: 'buy', input_schema: schema }],
      response_format: { json_schema: { schema } },
      messages: [{ role: 'assistant', content: [{ type: 'tool_use', input: { model: 'T' } }] }],
    };
    expect(models(JSON.stringify(body))).toEqual(['a']);
    expect(JSON.parse(prepared(JSON.stringify(body), true).body?.toString() ?? '')).toEqual(body);
  });

  test.each([
    '{"model":"a","model":"b"}',
    '{"model":"a","model":"a"}',
    '{"model":"a","MODEL":"b"}',
    '{"Model":"a"}',
    '{"model":"a"," model":"a"}',
    '{"model":"a","model\\u0000":"a"}',
    '{"model":"a","model[]":"a"}',
    '{"model":"a","mod\\u0065l":"b"}',
    '{"model":"a","models":["gold"],"models":["a"]}',
    '{"model":"a","x":{"engine":"gold"},"x":{}}',
    '{"model":"a","x":[{"y":1,"y":1}]}',
    '{"model":7}',
    '{"model":null}',
    '{"model":["a"]}',
    '{"model":{"id":"a"}}',
    '{"model":"a","engine":3}',
    `{"model":"${'a'.repeat(300)}"}`,
    `{"model":"a","models":${JSON.stringify(Array.from({ length: 40 }, (_, at) => `m${at}`))}}`,
  ])('%s is ambiguous', (body) => {
    expect(refused(() => models(body))).toEqual(ambiguous);
  });

  test.each([
    '{"model":"a"',
    '{"model":"a","x":NaN}',
    "{'model':'a'}",
    '{"model":"a"} {}',
    '[]',
    '"a"',
    '// {}',
    '\xff',
  ])('%s is refused', (body) => {
    expect(refused(() => models(Buffer.from(body, 'latin1')))).toEqual([400, 'INVALID_REQUEST']);
  });

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'application/octet-stream', '', 'text/json'])(
    'a body of type %j is refused',
    (other) => {
      expect(refused(() => models('{"model":"a"}', { type: other }))).toEqual([
        415,
        'UNSUPPORTED_MEDIA_TYPE',
      ]);
    },
  );

  test.each([
    [{ 'content-encoding': 'gzip' }, gzipSync('{"model":"a"}')],
    [{ 'content-encoding': 'br' }, Buffer.from('{"model":"a"}')],
    [{ 'content-type': 'application/json; charset=utf-7' }, Buffer.from('{"model":"a"}')],
    [{ 'content-type': 'application/json; charset=utf-16' }, Buffer.from('{"model":"a"}', 'utf16le')],
  ])('%j is refused', (headers, body) => {
    expect(refused(() => models(body, { headers: headers as never }))[0]).toBe(415);
  });

  test('the forwarded body is rewritten', () => {
    const body = '{ "model":"a", "seed": 12345678901234567890, "x":{"y":2}, "t":"\\u0061\\/" }';
    const { body: sent, headers } = prepared(body, true, {
      headers: {
        'x-model-id': 'gold',
        'azureml-model-deployment': 'gold',
        'openai-beta': 'b',
        'x-stainless-os': 'L',
        'x-stainless-model': 'gold',
      },
    });
    expect(sent?.toString()).toBe('{"model":"a","seed":12345678901234567890,"x":{"y":2},"t":"a/"}');
    expect(headers).toEqual({ 'content-type': type, 'openai-beta': 'b', 'x-stainless-os': 'L' });
  });

  describe('may call', () => {
    test.each([
      ...['chat/completions', 'completions', 'embeddings', 'responses', 'messages', 'messages/count_tokens'],
      ...['images/generations', 'audio/speech', 'moderations', 'rerank', 'fim/completions'],
    ])('%s', (path) => {
      expect(prepared('{"model":"a"}', true, { target: `/v1/${path}` })).toMatchObject({
        target: `/v1/${path}`,
        models: ['a'],
        model: 'a',
        takesModel: true,
      });
    });

    test.each([
      ['GET', '/v1/models', []],
      ['GET', '/v1/models/a', ['a']],
      ['GET', '/v1/models/org%2Fa', ['org/a']],
      ['GET', '/v1/responses/resp_1?include=x', []],
      ['DELETE', '/v1/responses/resp_1', []],
      ['POST', '/v1/responses/resp_1/cancel', []],
    ])('%s %s', (method, to, expected) => {
      expect(prepared('', true, { method, target: to }).models).toEqual(expected);
    });

    test.each([
      ['POST', '/v1/engines/gold/completions'],
      ['POST', '/v1/engines/a/chat/completions'],
      ['POST', '/v1/openai/deployments/gold/chat/completions'],
      ['POST', '/v1/models/gold:generateContent'],
      ['POST', '/v1/Chat/Completions'],
      ['POST', '/v1/chat/completions/x'],
      ['POST', '/v1/realtime/sessions'],
      ['POST', '/v1/batches'],
      ['POST', '/v1/files'],
      ['POST', '/v1/threads/runs'],
      ['POST', '/v1/assistants'],
      ['POST', '/v1/fine_tuning/jobs'],
      ['GET', '/v1/chat/completions'],
      ['GET', '/v1/files/1'],
      ['GET', '/v1/realtime?model=a'],
      ['PUT', '/v1/chat/completions'],
      ['DELETE', '/v1/models/gold'],
    ])('nothing else: %s %s', (method, to) => {
      expect(refused(() => prepared('{"model":"a"}', true, { method, target: to }))).toEqual([
        403,
        'ENDPOINT_NOT_ALLOWED',
      ]);
    });
  });

  test.each([
    ['model=gold', ['gold']],
    ['Model=gold', ['gold']],
    ['model[]=gold', ['gold']],
    ['model%5B%5D=gold', ['gold']],
    ['mod%65l=g%6fld', ['gold']],
    ['models=gold', ['gold']],
    ['engine=gold', ['gold']],
    ['deployment-id=gold', ['gold']],
    ['x=1&MODEL=gold', ['gold']],
    ['fallback.model=gold', ['gold']],
    ['model=gold&model=a', ['gold']],
    ['x=1&beta=true', []],
  ])('?%s names %j in addition to the body', (query, expected) => {
    const call = prepared('{"model":"a"}', true, { target: `${target}?${query}` });
    expect([...call.models].sort()).toEqual([...new Set(['a', ...expected])].sort());
  });

  test.each(['x=1;model=gold', 'mod%2565l=gold', '%00model=gold', 'model%00=gold', 'mod+el=gold', '=gold'])(
    '?%s is ambiguous',
    (query) => {
      expect(refused(() => models('{"model":"a"}', { target: `${target}?${query}` }))).toEqual(ambiguous);
    },
  );

  test('a query is rewritten', () => {
    expect(prepared('{"model":"a"}', true, { target: `${target}?b%65ta=tr%75e&&x` }).target).toBe(
      `${target}?beta=true&x=`,
    );
  });

  test('a second model is found in any context', () => {
    const name = fc.constantFrom('model', 'Model', 'engine', 'fall_backs', 'm\\u004fdelId');
    // Of different names: a duplicate member is refused.
    const filler = (first: string) =>
      fc.dictionary(
        fc.string().map((text) => `${first}${text}`),
        fc.jsonValue(),
        { maxKeys: 3 },
      );
    fc.assert(
      fc.property(name, filler('x'), filler('w'), fc.nat(20), (other, before, between, depth) => {
        const inner = (object: object) => JSON.stringify(object).slice(1, -1);
        const deep = `${'{"y":['.repeat(depth)}{"${other}":"gold"}${']}'.repeat(depth)}`;
        const members = [inner(before), '"model":"a"', inner(between), `"z":${deep}`].filter(Boolean);
        const call = prepared(`{${members.join(',')}}`, true);
        expect(call.models).toContain('gold');
      }),
    );
  });
});

describe('a form of a key that is limited to models', () => {
  const form = 'multipart/form-data; boundary=----x';
  const sent = { type: form, target: '/v1/audio/transcriptions' };
  const part = (name: string, value: string, more = '') =>
    `------x\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n${value}\r\n`;
  const file = part('file', 'ID3 "model" name="model"', '; filename="a.mp3"\r\nContent-Type: audio/mpeg');
  const end = '------x--\r\n';

  test.each([
    part('model', 'a') + file + end,
    file + part('model', 'a') + end,
    `------x\r\ncontent-disposition:form-data;name=model\r\n\r\na\r\n${end}`,
    part('model', 'a') + end.trim(),
  ])('%j names its model, and is rewritten', (body) => {
    const call = prepared(body, true, sent);
    expect([call.model, call.models]).toEqual(['a', ['a']]);
    const boundary = /^multipart\/form-data; boundary=(keys-[0-9a-f]{48})$/.exec(
      call.headers['content-type'] ?? '',
    )?.[1];
    const text = call.body?.toString() ?? '';
    expect(text).toContain(`--${boundary}\r\nContent-Disposition: form-data; name="model"\r\n\r\na\r\n`);
    expect(text).not.toContain('----x');
    if (body.includes('ID3')) {
      expect(text).toContain('name="file"; filename="a.mp3"\r\nContent-Type: audio/mpeg\r\n\r\nID3 "model"');
    }
  });

  test.each([
    part('model', 'a') + part('models', 'gold') + end,
    part('model', 'a') + part('engine', 'gold') + end,
    part('model', 'a') + part('session[model]', 'gold') + end,
    part('model', 'a') + part('session', '{"model":"gold"}') + end,
  ])('%j names another model', (body) => {
    expect([...prepared(body, true, sent).models].sort()).toEqual(['a', 'gold']);
  });

  test('without a model it names none', () => {
    expect(prepared(file + end, true, sent)).toMatchObject({ models: [], takesModel: true });
  });

  test.each<[string, string, string?]>([
    ['the same twice', part('model', 'a') + part('model', 'a') + end],
    ['different cases', part('model', 'a') + part('Model', 'b') + end],
    ['a list', part('model[]', 'a') + end],
    ['a file', part('model', 'a', '; filename="a"') + end],
    ['a character set for all', part('model', 'a') + part('_charset_', 'utf-16') + end],
    ['no boundary', part('model', 'a') + end, 'multipart/form-data'],
    ['two boundaries', part('model', 'a') + end, 'multipart/form-data; boundary=----x; boundary=y'],
    ['no end', part('model', 'a')],
    ['something before', `x\r\n${part('model', 'a')}${end}`],
    ['something after', `${part('model', 'a')}${end}${part('model', 'b')}`],
    ['a delimiter after a bare line feed', `${part('file', `x\n${part('model', 'b').trim()}`)}${end}`],
    ['a delimiter with padding', part('model', 'a').replace('x\r\n', 'x \r\n') + end],
    ['a name in another form', part('model', 'a') + part('x', 'b', "; name*=UTF-8''model") + end],
    ['a file name in another form', part('model', 'a') + part('x', 'b', "; filename*=UTF-8''y") + end],
    ['a name with escapes', part('mod\\el', 'a') + end],
    ['a name with encoding', part('mod%65l', 'a') + end],
    ['a name twice', part('x', 'a', '; name="model"') + end],
    ['a name in a file name', part('file', 'a', '; filename="x; name=model"') + end],
    ['a quote in a file name', part('file', 'a', '; filename="x\\"; name=\\"model"') + end],
    ['two dispositions', part('x', 'a', '\r\nContent-Disposition: form-data; name="model"') + end],
    ['no disposition', `------x\r\nContent-Type: text/plain\r\n\r\na\r\n${end}`],
    ['a folded header', part('x', 'a', '\r\n ; name="model"') + end],
    ['a bare line feed', part('x', 'a', '\nContent-Disposition: form-data; name="model"') + end],
    ['a coding', part('model', 'YQ==', '\r\nContent-Transfer-Encoding: base64') + end],
    ['very many fields', part('x', 'a').repeat(2000) + end],
    ['a very long head', part('x', 'a', `\r\nX-Y: ${'z'.repeat(9000)}`) + end],
  ])('%s: ambiguous', (_, body, contentType = form) => {
    expect(refused(() => prepared(body, true, { ...sent, type: contentType }))).toEqual(ambiguous);
  });

  test('the bodies of FormData are rewritten without loss', async () => {
    const made = new FormData();
    const content = Buffer.alloc(1000, '\r\n--');
    made.set('file', new Blob([content], { type: 'audio/mpeg' }), 'a "quoted" näme.mp3');
    made.set('model', 'whisper-1');
    made.set('prompt', '{not JSON} ünïcode');
    const request = new Request('http://localhost', { method: 'POST', body: made });
    const contentType = request.headers.get('content-type') ?? '';
    const call = prepared(Buffer.from(await request.arrayBuffer()), true, { ...sent, type: contentType });
    expect(call.models).toEqual(['whisper-1']);
    const read = await new Response(call.body as never, {
      headers: { 'content-type': call.headers['content-type'] ?? '' },
    }).formData();
    expect([read.get('model'), read.get('prompt')]).toEqual(['whisper-1', '{not JSON} ünïcode']);
    const sentFile = read.get('file') as File;
    expect([sentFile.type, Buffer.from(await sentFile.arrayBuffer())]).toEqual(['audio/mpeg', content]);
  });
});

describe('a key without such a limit', () => {
  test.each<[string, string, string | undefined, string?]>([
    ['/v1/embeddings', '{ "model":"a","model":"b"}', 'b'],
    ['/v1/embeddings', '{"input":1}', undefined],
    ['/v1/embeddings', '{"model":7}', undefined],
    ['/v1/x', 'model=a', undefined, 'application/x-www-form-urlencoded'],
    ['/v1/x', '{"model":"a"', undefined, 'text/plain'],
    ['/v1/x', '\xff\0', undefined, 'application/octet-stream'],
  ])('is forwarded byte for byte: %s %s', (to, body, model, contentType = type) => {
    const call = prepared(Buffer.from(body, 'latin1'), false, { target: to, type: contentType });
    expect([call.body?.toString('latin1'), call.model, call.models, call.target]).toEqual([
      body,
      model,
      [],
      to,
    ]);
  });

  test('has its model read from a form', () => {
    const body = '--x\r\nContent-Disposition: form-data; name="model"\r\n\r\na\r\n--x--\r\n';
    const call = prepared(body, false, { target: '/v1/x', type: 'multipart/form-data; boundary=x' });
    expect([call.model, call.body?.toString()]).toEqual(['a', body]);
  });

  test.each([
    ['/v1/embeddings', '{"model":'],
    ['/v1/embeddings', '['.repeat(100_000)],
    [target, '{"stream":true,"x":NaN}'],
    [target, '[{"stream":true}]'],
    [target, 'stream=true'],
    [target, '\xff'],
  ])('may not send an unreadable body: %s %s', (to, body) => {
    const read = () => prepared(Buffer.from(body, 'latin1'), false, { target: to });
    expect(refused(read)).toEqual([400, 'INVALID_REQUEST']);
  });
});

describe('the request for usage', () => {
  const asked = (body: string, path = target, limited = false) =>
    prepared(body, limited, { target: path }).body?.toString();

  test.each([
    ['{"stream":true}', '{"stream":true,"stream_options":{"include_usage":true}}'],
    [
      '{ "stream" : true , "seed": 12345678901234567890, "n": 1.0 }',
      '{"stream":true,"seed":12345678901234567890,"n":1.0,"stream_options":{"include_usage":true}}',
    ],
    [
      '{"stream_options":{"include_usage":false,"include_obfuscation":false},"stream":true}',
      '{"stream":true,"stream_options":{"include_obfuscation":false,"include_usage":true}}',
    ],
    ['{"stream":true,"stream_options":null}', '{"stream":true,"stream_options":{"include_usage":true}}'],
    ['{"stream":true,"stream_options":"x"}', '{"stream":true,"stream_options":{"include_usage":true}}'],
    [
      '{"stream":true,"stream_options":{"include_usage":true},"Stream_Options":{"include_usage":false}}',
      '{"stream":true,"stream_options":{"include_usage":true}}',
    ],
    [
      '{"stream":true,"stream_options":{"include_usage":true,"Include_Usage":false}}',
      '{"stream":true,"stream_options":{"include_usage":true}}',
    ],
    ['{"Stream":true}', '{"Stream":true,"stream_options":{"include_usage":true}}'],
    ['{"stre\\u0061m":1}', '{"stream":1,"stream_options":{"include_usage":true}}'],
    ['{"stream":null}', '{"stream":null}'],
    [' {"messages":[{"stream":true}]}', '{"messages":[{"stream":true}]}'],
    ['{}', '{}'],
  ])('%s becomes %s', (body, sent) => {
    expect(asked(body)).toBe(sent);
    expect(asked(body, target, true)).toBe(sent);
  });

  test.each([
    ['{"stream":false,"stream":true}', '{"stream":true,"stream_options":{"include_usage":true}}'],
    ['{"stream":true,"stream":false}', '{"stream":false}'],
  ])('the last member of %s counts, or it is refused', (body, sent) => {
    expect(asked(body)).toBe(sent);
    expect(refused(() => asked(body, target, true))).toEqual(ambiguous);
  });

  test('only completions get the option', () => {
    expect(asked('{"stream":true}', '/v1/responses')).toBe('{"stream":true}');
    expect(asked('{"stream":true}', '/v1/completions?x=1')).toContain('include_usage');
    expect(asked('{"stream":true}', '/v1/chat/completion%73')).toContain('include_usage');
    expect(
      prepareRequest({ method: 'POST', target, headers: {}, body: undefined }, false).body,
    ).toBeUndefined();
  });

  test('a compressed request is refused', () => {
    const headers = { 'content-encoding': 'gzip' };
    expect(refused(() => prepared(gzipSync('{"stream":true}'), false, { headers }))[0]).toBe(415);
    expect(
      prepared('{"stream":true}', false, { headers: { 'content-encoding': 'identity' } }).body?.toString(),
    ).toContain('include_usage');
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

test.each([
  "{'model':'gold'}",
  '{"model":"gold",}',
  '{/**/"model":"gold"}',
  '\ufeff{"model":"gold"}',
  '{model: gold}',
])('a text that only lenient readers take for JSON is refused where it could name a model: %j', (text) => {
  const field = `--x\r\nContent-Disposition: form-data; name="options"\r\n\r\n${text}\r\n--x--\r\n`;
  expect(refused(() => prepared(JSON.stringify({ model: 'a', options: text }), true))).toEqual(ambiguous);
  expect(refused(() => prepared(field, true, { type: 'multipart/form-data; boundary=x' }))).toEqual(
    ambiguous,
  );
  const query = `${target}?options=${encodeURIComponent(text)}`;
  expect(refused(() => prepared('{"model":"a"}', true, { target: query }))).toEqual(ambiguous);
});

test('a model in the JSON of a parameter counts', () => {
  const query = `${target}?extra_body=${encodeURIComponent('{"model":"gold"}')}`;
  expect(prepared('{"model":"a"}', true, { target: query }).models).toEqual(['a', 'gold']);
});
