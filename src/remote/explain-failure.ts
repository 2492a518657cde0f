import { maskSecrets } from '../base/secret.ts';
import type { HttpResponse } from '../http/response.ts';
import type { Path } from '../providers/declaration/field.ts';
import type { Provider } from '../providers/declaration/provider.ts';
import { part, select } from './select.ts';

/** Where most APIs have their error messages and codes. */
const defaultMessagePaths = [
  'error.message',
  'error.detail',
  'error.title',
  'message',
  'msg',
  'errors.0.message',
  'errors.0.detail',
  'errors.0.title',
  'error_description',
  'detail.0.msg',
  'detail',
  'reason',
  'errors.0',
  'errors',
  'error',
  'title',
];
const defaultCodePaths = ['error.code', 'code', 'errors.0.extensions.code', 'name', 'error.type', 'type'];

const maxExplanationLength = 300;

/** Text past this length is dropped before secrets are masked. */
const maxSearchedLength = 4000;

/**
 * The message and the code in the body of a failure, on one line and shortened to fit into an error message. A plain text
 * is its own message; a web page is not repeated. `hide` masks secrets that were sent. `quotes`: a body in an unknown form is
 * its own message too; only for a call whose answer has no secret.
 */
export function explainFailure(
  response: HttpResponse,
  { errors }: Pick<Provider, 'errors'>,
  hide: (text: string) => string,
  quotes = false,
): { message?: string; code?: string } {
  const clean = (text: string) =>
    maskSecrets(hide(text.slice(0, maxSearchedLength)))
      .replace(/\s+/g, ' ')
      .trim()
      .slice(0, maxExplanationLength);
  const body = parseJson(response.text);
  if (body === undefined) {
    const isReason = response.text.trim() !== 'null' && !isMarkup(response.text);
    const message = isReason ? clean(response.text) : '';
    return message === '' ? {} : { message };
  }
  const first = (paths: Path): string | undefined => {
    const reason = (typeof paths === 'string' ? [paths] : paths)
      .map((path) => select(part(body), path)?.value)
      .find(
        (value) =>
          (typeof value === 'string' && value !== '') || typeof value === 'number' || isReasonsByField(value),
      );
    return reason === undefined ? undefined : clean(textOf(reason));
  };
  const code = first(errors?.code ?? defaultCodePaths);
  const reason = first(errors?.message ?? defaultMessagePaths);
  const quote = quotes && reason === undefined ? clean(quoteOf(body, code)) : '';
  const message = quote === '' ? reason : quote;
  return {
    ...(message !== undefined && { message }),
    ...(code !== undefined && code !== message && { code }),
  };
}

/** JSON, whatever content type the server declares; undefined if it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Names of fields that may hold a secret. */
const secretName = /key|secret|token|passw|value|credential|auth|signature/i;

const maxQuotedFields = 8;

/** The plain values in a body besides its code, each after its name: `info plan does not allow this; limit 5`. */
function quoteOf(body: unknown, code: string | undefined): string {
  if (typeof body !== 'object' || body === null) return String(body);
  const fields = fieldsIn(body).filter((field) => code === undefined || !field.endsWith(` ${code}`));
  return fields.slice(0, maxQuotedFields).join('; ');
}

function fieldsIn(body: object, depth = 3): string[] {
  return Object.entries(body).flatMap(([name, value]: [string, unknown]) => {
    if (secretName.test(name) || value === null || value === '') return [];
    if (typeof value !== 'object') return [Array.isArray(body) ? String(value) : `${name} ${value}`];
    return depth > 0 ? fieldsIn(value, depth - 1) : [];
  });
}

/** Some servers declare plain text as HTML: only a tag makes it a web page. */
function isMarkup(text: string): boolean {
  return /<[a-z!/][^>]*>/i.test(text.slice(0, maxSearchedLength));
}

/** `{name: ["is taken"]}`, as some APIs explain a failure. */
function isReasonsByField(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.keys(value).length > 0 &&
    Object.values(value)
      .flat()
      .every((one) => typeof one === 'string')
  );
}

function textOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) return value.join('; ');
  return Object.entries(value)
    .map(([name, reasons]) => `${name} ${[reasons].flat().join(', ')}`)
    .join('; ');
}
