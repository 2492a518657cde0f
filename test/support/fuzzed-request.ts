/** The callers: keys and session tokens by their permissions. */
export interface Callers extends Record<string, string> {
  key: string;
  limited: string;
  revoked: string;
  user: string;
  admin: string;
}

/** The bytes of a request by a confused or hostile caller, and how it sends them. */
export interface FuzzedRequest {
  bytes: Buffer;
  /** It disconnects after this many bytes. */
  stopsAt: number | undefined;
  /** The number of pieces in which it arrives. */
  pieces: number;
}

const methods = [
  'GET',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'HEAD',
  'OPTIONS',
  'TRACE',
  'PROPFIND',
  'get',
  'BREW',
  '\x80',
  '',
];

const paths = [
  ...['/healthz', '/metrics', '/', '*', '/nowhere', '/v1', '/v1/', '/v1/models', '/v1/models/gpt-4o'],
  ...[
    '/v1/authorize',
    '/v1/usage',
    '/v1/chat/completions',
    '/v1/completions',
    '/v1/embeddings',
    '/v1/responses',
  ],
  ...[
    '/v1/audio/transcriptions',
    '/v1/engines/gold/completions',
    '/v1/files/file-1/content',
    '/v1/responses/r_1',
  ],
  ...[
    '/admin/keys',
    '/admin/keys/abcd',
    '/admin/keys/abcd/rotate',
    '/admin/keys/abcd/disable',
    '/admin/logs',
  ],
  ...[
    '/admin/usage',
    '/admin/session',
    '/admin/sessions',
    '/admin/sessions/abcd',
    '/admin/users',
    '/admin/users/eve',
  ],
  ...['/admin/verify', '/admin/openapi.json', '/unreal/v1/keys', '/unreal/v1/keys/abcd', '/unreal/v1/models'],
  ...['/riskinmind/api/v1/api-keys/current', '/privatemind/v1/api-keys', '/privatemind/v1/api-keys/abcd'],
  ...['/privatemind/v1/models', '/drun/apis/v1/apikeys', '/drun/apis/v1/apikeys/abcd'],
];

const segments = [
  ...[
    '..',
    '.',
    '%2e%2e',
    '..%20',
    '..%09',
    '%2e%2e%00',
    '..%c0%af',
    '%252e%252e',
    '..;',
    '%5c..%5c',
    '\\..\\',
    '',
  ],
  ...[
    '%',
    '%zz',
    '%ff',
    '%00',
    '%e2%80%a5',
    '%u002e',
    '\xff\xfe',
    'a'.repeat(3000),
    '~',
    "'",
    '"',
    '<x>',
    '{}',
    '[]',
  ],
];

const queries = [
  ...[
    '?model=gold',
    '?Model=gold',
    '?model[]=gold',
    '?limit=-1',
    '?limit=99999999999999999999',
    '?page=1e9',
    '?cursor=AAAA',
  ],
  ...[
    '?since=2026-13-45',
    '?since=%00',
    '?status=9xx',
    '?by=nothing',
    '?__proto__=1',
    '?constructor[prototype]=1',
  ],
  ...['?a&a&a&a', `?${'x=1&'.repeat(300)}`, '?%ff=%fe', '?q=%ED%A0%80', '?;', '??', '#f', '?search=\x9b'],
];

const headerLines = [
  ...[
    'Content-Type: application/json',
    'Content-Type: application/json; charset=utf-16',
    'Content-Type: text/plain',
  ],
  ...[
    'Content-Type: multipart/form-data; boundary=x',
    'Content-Type: application/x-www-form-urlencoded',
    'Content-Type: ;',
  ],
  ...[
    'Content-Type: \x80/\x81',
    'Content-Encoding: gzip',
    'Content-Encoding: \x9b',
    'Expect: 100-continue',
    'Expect: tea',
  ],
  ...[
    'X-Forwarded-For: 203.0.113.9',
    'X-Forwarded-For: \x9b2J, x',
    'Forwarded: for=_x',
    'Origin: http://evil.example.com',
  ],
  ...[
    'Host: evil.example.com',
    'X-Model: gpt-4o',
    'X-Model: \xed\xa0\x80',
    'X-Permission: admin',
    'X-Original-URI: /\x9b\xff',
  ],
  ...[
    'X-Original-Method: \x00',
    'X-HTTP-Method-Override: DELETE',
    'Idempotency-Key: a',
    `Idempotency-Key: ${'k'.repeat(500)}`,
  ],
  ...[
    'If-Match: "x"',
    'If-Match: *',
    'Range: bytes=0-1,5-',
    'Upgrade: websocket',
    'Connection: upgrade',
    'Connection: x, close',
  ],
  ...[
    'Cookie: a=b',
    'Accept: */*',
    'TE: trailers',
    'Trailer: x',
    'Accept-Encoding: \x01',
    `X-Long: ${'y'.repeat(20_000)}`,
  ],
  ...[
    'Transfer-Encoding: chunked',
    'Transfer-Encoding: gzip, chunked',
    'Transfer-Encoding: x',
    'Content-Length: 5',
  ],
  ...[
    'Content-Length: -1',
    'Content-Length: 99999999999999999999',
    ' folded',
    'no colon',
    ': empty',
    'X:\x0by',
    'A: b\rC: d',
  ],
];

const jsons = [
  ...[
    '{"model":"gpt-4o","messages":[]}',
    '{"model":"gpt-4o","messages":[],"stream":true}',
    '{"model":"gold"}',
    '{}',
    '[]',
  ],
  ...[
    '{"model":"\\ud800","input":"x"}',
    '{"model":"a","model":"b"}',
    '{"models":["gold"],"model":"gpt-4o"}',
    'null',
    '"',
    '1e999',
  ],
  ...[
    '{"name":"ci"}',
    '{"name":"\\u0000\\ud800\\u202e"}',
    '{"name":"ci","labels":{"a":"b"},"budget_usd":1e308}',
  ],
  ...[
    '{"name":"ci","expires_at":"9999-12-31T23:59:60Z"}',
    '{"name":"ci","rate_limit_rpm":9007199254740993}',
    '{"user":"eve"}',
  ],
  ...[
    '{"key_id":"abcd","tokens":1,"cost_usd":1}',
    '{"tokens":9007199254740991,"cost_usd":1000000}',
    '{"description":"x","expiration":"30d"}',
  ],
  ...[
    '{"grace_seconds":-1}',
    '{"__proto__":{"a":1}}',
    '{"constructor":{"prototype":1}}',
    '['.repeat(5000),
    `${'{"a":'.repeat(500)}1`,
  ],
];

const bodies = [
  ...[
    '',
    'a&a&a',
    'model=gold',
    '--x\r\nContent-Disposition: form-data; name="model"\r\n\r\ngpt-4o\r\n--x--\r\n',
    '--x\r\n\r\n--x--',
  ],
  ...[
    '5\r\nhello\r\n0\r\n\r\n',
    'zz\r\n',
    '0\r\n\r\n',
    'ffffffffffffffff\r\n',
    '\x00\xff\xfe',
    'x'.repeat(70_000),
  ],
];

/** A request determined by random numbers. */
export function fuzzedRequest(random: () => number, callers: Callers): FuzzedRequest {
  return new Fuzzer(random, callers).request();
}

class Fuzzer {
  readonly #random: () => number;
  readonly #callers: Callers;

  constructor(random: () => number, callers: Callers) {
    this.#random = random;
    this.#callers = callers;
  }

  request(): FuzzedRequest {
    const target = this.#path() + this.#maybe(0.2, queries) + this.#maybe(0.02, queries);
    const body = this.#body();
    const head = this.#head(target, body);
    const bytes = Buffer.from(`${this.#chance(0.01) ? '\r\n' : ''}${head}\r\n\r\n${body}`, 'latin1');
    if (this.#chance(0.015)) bytes[this.#int(bytes.length)] = this.#int(256);
    const whole = this.#chance(0.02) ? Buffer.concat([bytes, bytes]) : bytes;
    return {
      bytes: whole,
      stopsAt: this.#chance(0.05) ? this.#int(whole.length) : undefined,
      pieces: this.#chance(0.1) ? 2 + this.#int(3) : 1,
    };
  }

  #path(): string {
    if (this.#chance(0.8)) return this.#pick(paths);
    return this.#pick(paths).replace(/\/[^/]*$/, (last) =>
      this.#chance(0.5) ? `${last}/${this.#pick(segments)}` : `/${this.#pick(segments)}${last}`,
    );
  }

  #body(): string {
    if (this.#chance(0.45)) return this.#mutated(this.#pick(jsons));
    return this.#maybe(0.5, bodies);
  }

  #head(target: string, body: string): string {
    const lines = [...this.#commonLines(target, body)];
    const odd = Array.from({ length: this.#chance(0.2) ? 1 + this.#int(3) : 0 }, () =>
      this.#pick(headerLines),
    );
    const versions = ['HTTP/1.0', 'HTTP/2.0', 'HTTP/9', 'http/1.1', ''];
    const version = this.#chance(0.97) ? 'HTTP/1.1' : this.#pick(versions);
    return [`${this.#method(target)} ${target} ${version}`, ...lines, ...odd].join('\r\n');
  }

  *#commonLines(target: string, body: string): Iterable<string> {
    if (this.#chance(0.97)) yield `Host: ${this.#chance(0.97) ? 'localhost' : this.#pick(segments)}`;
    yield* this.#credential(target);
    if (body !== '' && this.#chance(0.9)) yield `Content-Length: ${Buffer.byteLength(body, 'latin1')}`;
    if (body !== '' && this.#chance(0.8)) yield 'Content-Type: application/json';
    if (this.#chance(0.9)) yield 'Connection: close';
  }

  #method(target: string): string {
    const method = this.#chance(0.93) ? this.#pick(methods.slice(0, 6)) : this.#pick(methods);
    // It would revoke the sessions that all other requests use.
    return method === 'DELETE' && /^\/admin\/(?:session|users)/.test(target) ? 'GET' : method;
  }

  #credential(target: string): string[] {
    const { key, limited, user, admin } = this.#callers;
    const fitting = target.startsWith('/v1') ? [key, limited] : [user, admin];
    const value = this.#pick(this.#chance(0.75) ? fitting : Object.values(this.#callers));
    const shown = this.#chance(0.05) ? value.replace(/.$/, this.#pick(['a', 'b', '\xff', ''])) : value;
    const form = this.#random();
    if (form < 0.07) return [];
    if (form < 0.75) return [`Authorization: Bearer ${shown}`];
    if (form < 0.85) return [`X-API-Key: ${shown}`];
    if (form < 0.92) return [`Authorization: Bearer ${shown.slice(3, 19)}:${shown}`];
    const odd = ['Bearer', 'Basic x', 'Bearer \xff', `Bearer ${'z'.repeat(5000)}`, 'Bearer  a b'];
    return [`Authorization: ${this.#pick(odd)}`, `X-API-Key: ${shown}`];
  }

  #mutated(text: string): string {
    if (this.#chance(0.7)) return text;
    const at = this.#int(text.length);
    if (this.#chance(0.5)) return text.slice(0, at);
    const inserted = this.#pick(['\\', '"', '\x00', '\xff', '{', ',', '9'.repeat(400)]);
    return text.slice(0, at) + inserted + text.slice(at + 1);
  }

  #maybe(share: number, all: readonly string[]): string {
    return this.#chance(share) ? this.#pick(all) : '';
  }

  #int(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  #chance(share: number): boolean {
    return this.#random() < share;
  }

  #pick<T>(all: readonly T[]): T {
    return all[this.#int(all.length)] as T;
  }
}
