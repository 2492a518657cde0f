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
 * is its own message; a web page is not repeated. `hide` masks secrets that were sent.
 */
export function explainFailure(
  response: HttpResponse,
  { errors }: Pick<Provider, 'errors'>,
  hide: (text: string) => string,
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
  const message = first(errors?.message ?? defaultMessagePaths);
  const code = first(errors?.code ?? defaultCodePaths);
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
