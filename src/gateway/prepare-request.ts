import { encodedBody, isEncoded, notAnObject, readJsonBody } from './body-text.ts';
import { fieldsOf } from './form-data.ts';
import { mediaTypeOf, single } from './headers.ts';
import { HttpProblem } from './http-problem.ts';
import type { JsonText } from './json-text.ts';
import { InvalidJson, objectText } from './json-text.ts';
import { prepareLimited } from './limited-request.ts';
import { maxModelLength } from './model-names.ts';
import { withUsageRequested } from './stream-usage.ts';
import type { PreparedRequest, RequestContent } from './types.ts';
import { isCompletions } from './upstream-path.ts';

/**
 * Reads which model a call is for, and prepares what is forwarded: completions that stream ask for the usage, and a call
 * of a key that is limited to models is rewritten. Throws `HttpProblem`.
 */
export function prepareRequest(content: RequestContent, isLimited: boolean): PreparedRequest {
  try {
    return isLimited ? prepareLimited(content) : prepareUnlimited(content);
  } catch (error) {
    if (error instanceof InvalidJson) throw new HttpProblem(400, 'INVALID_REQUEST', error.message);
    throw error;
  }
}

/** Reads as much of a call as metering needs, and leaves the rest as it is. */
function prepareUnlimited(content: RequestContent): PreparedRequest {
  const { target, headers, body } = content;
  const preparedRequest = { ...content, models: [], takesModel: false };
  if (!body?.length) return preparedRequest;
  const isEncodedBody = isEncoded(headers);
  if (isCompletions(target)) {
    if (isEncodedBody) throw encodedBody();
    const json = readJsonBody(body);
    if (!json.members) throw notAnObject();
    const forwardedBody = Buffer.from(objectText(withUsageRequested(json.members)));
    return { ...preparedRequest, ...modelOf(json), body: forwardedBody };
  }
  if (isEncodedBody) return preparedRequest;
  if (/[/+]json$/.test(mediaTypeOf(headers))) return { ...preparedRequest, ...modelOf(readJsonBody(body)) };
  return { ...preparedRequest, ...modelInOther(body, single(headers, 'content-type') ?? '') };
}

/** The model in a form, or in JSON of another media type: for the log, if it is there. */
function modelInOther(body: Buffer, contentType: string): { model?: string } {
  if (/^\s*multipart\//i.test(contentType)) {
    const field = fieldsOf(body, contentType)?.find(({ name }) => name === 'model');
    return field ? { model: field.value.toString('utf8', 0, maxModelLength) } : {};
  }
  if (!body.toString('latin1', 0, 64).trimStart().startsWith('{')) return {};
  try {
    return modelOf(readJsonBody(body));
  } catch (error) {
    if (error instanceof InvalidJson) return {};
    throw error;
  }
}

function modelOf({ members }: JsonText): { model?: string } {
  const model: unknown = JSON.parse(members?.get('model') ?? 'null');
  return typeof model === 'string' ? { model } : {};
}
