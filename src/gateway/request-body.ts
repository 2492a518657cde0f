import type { IncomingHttpHeaders } from 'node:http';
import { endpointFor } from './endpoints.ts';
import { fieldsOf, formOf } from './form-data.ts';
import { limitedHeaders, mediaTypeOf, single } from './headers.ts';
import { HttpFault } from './http-problem.ts';
import type { JsonText, Watch } from './json-text.ts';
import { JsonFault, objectText, readJson } from './json-text.ts';
import {
  ambiguous,
  isModelLike,
  isOddModel,
  longestModel,
  modelsIn,
  modelsInText,
  named,
  watchModels,
} from './model-names.ts';
import { isCompletions } from './upstream-target.ts';

/** A call as its caller sent it. */
export interface CallContent {
  method: string;
  /** Path and query. */
  target: string;
  headers: IncomingHttpHeaders;
  body: Buffer | undefined;
}

/** A call as it can be passed on. */
export interface PreparedCall extends CallContent {
  /** The model that it is for, where it says so. */
  model?: string;
  /** Every model that it names, of a key that is limited to models. */
  models: readonly string[];
  /** Without a model, it must not be passed on for such a key. */
  takesModel: boolean;
}

/**
 * Reads what a call is for, and makes of it what is passed on. Completions that stream ask for the usage as well
 * (platform.openai.com/docs/api-reference/chat/create#chat-create-stream_options), without which nobody could tell what
 * they cost. For a key that is `limited` to models, everything is written anew, so that what was checked is what the
 * upstream reads. Throws `HttpFault`.
 */
export function prepare(call: CallContent, limited: boolean): PreparedCall {
  try {
    return limited ? prepareLimited(call) : prepareFree(call);
  } catch (error) {
    if (error instanceof JsonFault) throw new HttpFault(400, 'INVALID_REQUEST', error.message);
    throw error;
  }
}

/** Any call: read as far as it is metered by what it says, and left as it is otherwise. */
function prepareFree(call: CallContent): PreparedCall {
  const { target, headers, body } = call;
  const free = { models: [], takesModel: false };
  if (!body?.length) return { ...call, ...free };
  const type = mediaTypeOf(headers);
  const completions = isCompletions(target);
  if (completions && isEncoded(headers)) throw unreadable();
  if (completions || (/[/+]json$/.test(type) && !isEncoded(headers))) {
    const json = jsonOf(body);
    const model = modelOf(json);
    if (!completions) return { ...call, ...free, ...model };
    if (!json.members) throw new HttpFault(400, 'INVALID_REQUEST', 'the body is not a JSON object');
    return { ...call, ...free, ...model, body: Buffer.from(objectText(withUsageAsked(json.members))) };
  }
  const model = isEncoded(headers) ? undefined : modelInOther(body, single(headers, 'content-type') ?? '');
  return { ...call, ...free, ...(model !== undefined && { model }) };
}

/** The model in a form, and in JSON that is not called so: for the log, if it is there. */
function modelInOther(body: Buffer, contentType: string): string | undefined {
  if (/^\s*multipart\//i.test(contentType)) {
    const field = fieldsOf(body, contentType)?.find(({ name }) => name === 'model');
    return field?.value.toString('utf8', 0, longestModel);
  }
  if (!body.toString('latin1', 0, 64).trimStart().startsWith('{')) return undefined;
  try {
    return modelOf(jsonOf(body)).model;
  } catch (error) {
    if (error instanceof JsonFault) return undefined;
    throw error;
  }
}

function prepareLimited(call: CallContent): PreparedCall {
  const { method, headers, body } = call;
  const { target, models, takesModel } = endpointFor(method, call.target);
  const content = body?.length ? limitedContent(headers, body, target) : undefined;
  return {
    method,
    target,
    headers: limitedHeaders(headers, content?.type),
    body: content?.body,
    ...(content?.model !== undefined && { model: content.model }),
    models: named([...(content ? content.models : []), ...models]),
    takesModel,
  };
}

interface LimitedContent {
  type: string;
  body: Buffer;
  model: string | undefined;
  models: readonly string[];
}

function limitedContent(headers: IncomingHttpHeaders, body: Buffer, target: string): LimitedContent {
  const type = mediaTypeOf(headers);
  if (isEncoded(headers)) throw unreadable();
  if (type === 'multipart/form-data') return limitedForm(body, single(headers, 'content-type') ?? '');
  if (/^application\/(?:[\w.-]+\+)?json$/.test(type)) return limitedJson(jsonOf(body, watchModels), target);
  throw new HttpFault(
    415,
    'UNSUPPORTED_MEDIA_TYPE',
    'a key that is limited to models sends application/json or multipart/form-data',
  );
}

function limitedJson(json: JsonText, target: string): LimitedContent {
  const { members, watched } = json;
  if (!members) throw new HttpFault(400, 'INVALID_REQUEST', 'the body is not a JSON object');
  const outer = watched.filter(({ path }) => path.length === 1).map(({ path: [name = ''] }) => name);
  checkOnce(outer);
  const { model } = modelOf(json);
  if (outer.includes('model') && model === undefined) throw ambiguous('the model is not a text');
  // A setting may be JSON in a text, as in a form.
  const texts = [...members].flatMap(([name, value]): [string, string][] =>
    value.startsWith('"') ? [[name, JSON.parse(value)]] : [],
  );
  const written = isCompletions(target) ? withUsageAsked(members) : members;
  return {
    type: 'application/json',
    body: Buffer.from(objectText(written)),
    model,
    models: named([...modelsIn(watched), ...texts.flatMap(([name, text]) => modelsInText(name, text))]),
  };
}

function limitedForm(body: Buffer, contentType: string): LimitedContent {
  const fields = fieldsOf(body, contentType);
  if (!fields) throw ambiguous('the form can be read in more than one way');
  const names = fields.map(({ name }) => Buffer.from(name, 'latin1').toString());
  const choices = fields.filter((_, at) => isModelLike(names[at] ?? ''));
  checkOnce(names);
  // The character set of all other fields (RFC 7578 section 4.6).
  if (names.some((name) => name.toLowerCase() === '_charset_') || choices.some(({ file }) => file))
    throw ambiguous('the form can be read in more than one way');
  const inside = fields.flatMap(({ value, file }, at) =>
    file ? [] : modelsInText(names[at] ?? '', value.toString()),
  );
  return {
    ...formOf(fields),
    model: fields[names.indexOf('model')]?.value.toString(),
    models: named([...choices.map(({ value }) => value.toString()), ...inside]),
  };
}

/** Throws 400 where `model` stands there more than once, in whichever spelling, or in another one alone. */
function checkOnce(names: readonly string[]): void {
  if (names.some(isOddModel) || names.filter((name) => name === 'model').length > 1)
    throw ambiguous('the request names its model in more than one way');
}

function modelOf({ members }: JsonText): { model?: string } {
  const model: unknown = JSON.parse(members?.get('model') ?? 'null');
  return typeof model === 'string' ? { model } : {};
}

function withUsageAsked(members: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const streams = [...members].some(
    // Go minds no case.
    ([name, value]) => name.toLowerCase() === 'stream' && value !== 'false' && value !== 'null',
  );
  if (!streams) return members;
  const given: unknown = JSON.parse(members.get('stream_options') ?? 'null');
  const options = Object.entries(given instanceof Object && !Array.isArray(given) ? given : {});
  const kept = options.filter(([name]) => name.toLowerCase() !== 'include_usage');
  const others = [...members].filter(([name]) => name.toLowerCase() !== 'stream_options');
  const asked = JSON.stringify({ ...Object.fromEntries(kept), include_usage: true });
  return new Map([...others, ['stream_options', asked]]);
}

function jsonOf(body: Buffer, watch?: Watch): JsonText {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    throw new JsonFault('the body is not UTF-8');
  }
  return readJson(text, watch);
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

function unreadable(): HttpFault {
  return new HttpFault(
    415,
    'UNSUPPORTED_MEDIA_TYPE',
    'the body is compressed, or in another character set than UTF-8',
  );
}
