import type { IncomingHttpHeaders } from 'node:http';
import { encodedBody, isEncoded, notAnObject, readJsonBody } from './body-text.ts';
import { endpointFor } from './endpoints.ts';
import { fieldsOf, formOf } from './form-data.ts';
import { limitedHeaders, mediaTypeOf, single } from './headers.ts';
import { HttpProblem } from './http-problem.ts';
import type { JsonText } from './json-text.ts';
import { DuplicateMember, objectText } from './json-text.ts';
import { ambiguous, isModelLike, isOddModel, modelsIn, modelsInText, validModels } from './model-names.ts';

import { withUsageRequested } from './stream-usage.ts';
import type { PreparedRequest, RequestContent } from './types.ts';
import { isCompletions } from './upstream-path.ts';

/* A call of a key that is limited to models is parsed once and written anew: what was checked is what the upstream reads. */

/** A body as it is forwarded, with the models that it names. */
interface LimitedBody {
  type: string;
  body: Buffer;
  model: string | undefined;
  models: readonly string[];
}

/** Throws `HttpProblem` for a call that servers could read in more than one way, and `InvalidJson`. */
export function prepareLimited({ method, target, headers, body }: RequestContent): PreparedRequest {
  const endpoint = endpointFor(method, target);
  const content = body?.length ? limitedBody(headers, body, endpoint.target) : undefined;
  return {
    method,
    target: endpoint.target,
    headers: limitedHeaders(headers, content?.type),
    body: content?.body,
    ...(content?.model !== undefined && { model: content.model }),
    models: validModels([...(content ? content.models : []), ...endpoint.models]),
    takesModel: endpoint.takesModel,
  };
}

function limitedBody(headers: IncomingHttpHeaders, body: Buffer, target: string): LimitedBody {
  const type = mediaTypeOf(headers);
  if (isEncoded(headers)) throw encodedBody();
  if (type === 'multipart/form-data') return limitedForm(body, single(headers, 'content-type') ?? '');
  if (/^application\/(?:[\w.-]+\+)?json$/.test(type)) return limitedJson(uniqueJson(body), target);
  throw new HttpProblem(
    415,
    'UNSUPPORTED_MEDIA_TYPE',
    'a key limited to models must send application/json or multipart/form-data',
  );
}

function uniqueJson(body: Buffer): JsonText {
  try {
    return readJsonBody(body, { unique: true });
  } catch (error) {
    if (error instanceof DuplicateMember) throw ambiguous(error.message);
    throw error;
  }
}

function limitedJson({ text, members }: JsonText, target: string): LimitedBody {
  if (!members) throw notAnObject();
  const value: Record<string, unknown> = JSON.parse(text);
  checkOneModel(Object.keys(value));
  const { model } = value;
  if (model !== undefined && typeof model !== 'string') throw ambiguous('the model is not a string');
  // A setting may be JSON in a text, as in a form.
  const inTexts = Object.entries(value).flatMap(([name, member]) =>
    typeof member === 'string' ? modelsInText(name, member) : [],
  );
  return {
    type: 'application/json',
    body: Buffer.from(isCompletions(target) ? objectText(withUsageRequested(members)) : text),
    model,
    models: validModels([...modelsIn(value), ...inTexts]),
  };
}

function limitedForm(body: Buffer, contentType: string): LimitedBody {
  const fields = fieldsOf(body, contentType);
  if (!fields) throw ambiguousForm();
  const names = fields.map(({ name }) => Buffer.from(name, 'latin1').toString());
  const choices = fields.filter((_, at) => isModelLike(names[at] ?? ''));
  checkOneModel(names);
  // `_charset_` sets the character set of all other fields (RFC 7578 section 4.6).
  if (names.some((name) => name.toLowerCase() === '_charset_') || choices.some(({ file }) => file))
    throw ambiguousForm();
  const inTexts = fields.flatMap(({ value, file }, at) =>
    file ? [] : modelsInText(names[at] ?? '', value.toString()),
  );
  return {
    ...formOf(fields),
    model: fields[names.indexOf('model')]?.value.toString(),
    models: validModels([...choices.map(({ value }) => value.toString()), ...inTexts]),
  };
}

/** Throws 400 if `model` is named more than once, in any spelling, or only in another spelling. */
function checkOneModel(names: readonly string[]): void {
  if (names.some(isOddModel) || names.filter((name) => name === 'model').length > 1)
    throw ambiguous('the request names its model in more than one way');
}

function ambiguousForm(): HttpProblem {
  return ambiguous('servers could read the form differently');
}
