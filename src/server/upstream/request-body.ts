import type { IncomingHttpHeaders } from 'node:http';
import { fieldsOf } from './form-data.ts';
import { single } from './headers.ts';
import type { Member } from './json-members.ts';
import { membersOf } from './json-members.ts';
import { isCompletions } from './target.ts';

/** What a request says about the model that it is for. */
export interface NamedModel {
  /** Absent where none is named, and where it is ambiguous. */
  model?: string;
  /** Servers could take different models for the one that is meant: such a request cannot be authorised. */
  ambiguous: boolean;
}

export interface RequestContent {
  /** Path and query. */
  target: string;
  headers: IncomingHttpHeaders;
  body: Buffer | undefined;
}

/** A body as JSON, whatever its Content-Type: many servers do not look at that. */
type Content =
  | { kind: 'object'; text: string; members: Member[]; value: Record<string, unknown> }
  // Compressed, in an unusual character set, or almost JSON: some server may read it after all.
  | { kind: 'unreadable' }
  | { kind: 'other' };

/**
 * The model that a request names: in the member `model` of a JSON object, in the field `model` of a form, and in the
 * query, which some servers read too. Ambiguous: different names, the member twice in whichever case (RFC 8259 section 4
 * leaves it open which counts, and Go minds no case), a name that is not text, and a body that cannot be read for sure.
 */
export function namedModel({ target, headers, body }: RequestContent): NamedModel {
  const names: unknown[] = new URLSearchParams(target.split('?').slice(1).join('?')).getAll('model');
  const inBody = body?.length ? modelsIn(body, headers) : [];
  const all = [...names, ...(inBody ?? [undefined])];
  const [model] = all;
  if (all.length === 0) return { ambiguous: false };
  if (typeof model !== 'string' || all.some((other) => other !== model)) return { ambiguous: true };
  return { model, ambiguous: false };
}

/** Every value of `model` in a body; undefined where it cannot be read for sure. */
function modelsIn(body: Buffer, headers: IncomingHttpHeaders): unknown[] | undefined {
  const type = single(headers, 'content-type') ?? '';
  if (isEncoded(headers)) return undefined;
  if (/^\s*multipart\//i.test(type)) {
    return fieldsOf(body, type)?.flatMap(({ name, value }) => (isModel(name) ? [value.toString()] : []));
  }
  if (/^\s*application\/x-www-form-urlencoded/i.test(type)) {
    return [...new URLSearchParams(body.toString())].flatMap(([name, value]) =>
      isModel(name) ? [value] : [],
    );
  }
  const content = contentOf(body, headers);
  if (content.kind === 'unreadable') return undefined;
  if (content.kind === 'other') return [];
  const { text, members } = content;
  const found = members.filter(({ name }) => isModel(name));
  // Twice the same is still twice.
  if (found.length > 1) return undefined;
  return found.map(({ valueStart, end }) => JSON.parse(text.slice(valueStart, end)));
}

function isModel(name: string): boolean {
  return name.trim().toLowerCase() === 'model';
}

/**
 * The body to send: a request that streams completions asks for the usage as well
 * (platform.openai.com/docs/api-reference/chat/create#chat-create-stream_options), without which nobody could tell what
 * it cost. Everything else in it stays as it was, byte for byte. Undefined for completions that are no JSON object:
 * their usage could not be asked for.
 */
export function withUsageAsked({
  target,
  headers,
  body,
}: RequestContent): { body: Buffer | undefined } | undefined {
  if (!body?.length || !isCompletions(target)) return { body };
  const content = isEncoded(headers) ? undefined : contentOf(body, headers);
  if (content?.kind !== 'object') return undefined;
  const { text, members } = content;
  const streams = members.some(
    ({ name, valueStart, end }) =>
      name.toLowerCase() === 'stream' && !/^(?:false|null)$/.test(text.slice(valueStart, end)),
  );
  return { body: streams ? askForUsage(body, content) : body };
}

function askForUsage(body: Buffer, { text, members, value }: Extract<Content, { kind: 'object' }>): Buffer {
  const isOptions = ({ name }: Member) => name.toLowerCase() === 'stream_options';
  const options = JSON.stringify({
    ...Object.fromEntries(
      Object.entries(value.stream_options instanceof Object ? value.stream_options : {}).filter(
        ([name]) => name.toLowerCase() !== 'include_usage',
      ),
    ),
    include_usage: true,
  });
  const [given, ...others] = members.filter(isOptions);
  const isAsked =
    given?.name === 'stream_options' &&
    others.length === 0 &&
    text.slice(given.valueStart, given.end).replace(/\s/g, '') === options;
  if (isAsked) return body;
  const kept = members.filter((member) => !isOptions(member)).map(({ start, end }) => text.slice(start, end));
  return Buffer.from(`{${[...kept, `"stream_options":${options}`].join(',')}}`);
}

/** Content-Encoding, or a character set that is not UTF-8. */
function isEncoded(headers: IncomingHttpHeaders): boolean {
  const coding = single(headers, 'content-encoding')?.trim().toLowerCase();
  const charsets = (single(headers, 'content-type') ?? '').matchAll(/charset[\s*]*=\s*["']?([^\s;"']*)/gi);
  return (
    (coding !== undefined && coding !== '' && coding !== 'identity') ||
    [...charsets].some(([, charset]) => !/^utf-?8$/i.test(charset ?? ''))
  );
}

function contentOf(body: Buffer, headers: IncomingHttpHeaders): Content {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body);
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return { kind: 'other' };
    return { kind: 'object', text, members: membersOf(text), value: { ...value } };
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof TypeError)) throw error;
    const isCalledJson = /\bjson\b/i.test(single(headers, 'content-type') ?? '');
    return { kind: isCalledJson || beginsLikeJson(body) ? 'unreadable' : 'other' };
  }
}

/** Whether the first character is a brace, after marks of byte order and the zeros of wider encodings. */
function beginsLikeJson(body: Buffer): boolean {
  return /^[\xef\xbb\xbf\xfe\xff\0\s]*\{/.test(body.toString('latin1', 0, 64));
}
