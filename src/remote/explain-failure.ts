import { maskSecrets } from '../base/secret.ts';
import type { HttpResponse } from '../http/response.ts';
import type { Path } from '../providers/declaration/field.ts';
import type { Provider } from '../providers/declaration/provider.ts';
import { part, select } from './select.ts';

/** Where messages and codes stand in the error envelopes of most APIs. */
const defaultMessagePaths = [
  ...[
    'error.message',
    'error.detail',
    'error.title',
    'message',
    'msg',
    'errors.0.message',
    'errors.0.detail',
  ],
  ...['error_description', 'detail.0.msg', 'detail', 'reason', 'errors.0', 'errors', 'error', 'title'],
];
const defaultCodePaths = ['error.code', 'code', 'errors.0.extensions.code', 'name', 'error.type', 'type'];

const maxExplanationLength = 300;

/** More of an answer than this is not even looked through for secrets. */
const maxSearchedLength = 4000;

/**
 * What the body of a failure says of it, on one line and cut to a length that a message can have. A plain text is its
 * own message; a page for people is not repeated. `hide` takes out what was sent.
 */
export function explainFailure(
  response: HttpResponse,
  { errors }: Pick<Provider, 'errors'>,
  hide: (text: string) => string,
): { message?: string; code?: string } {
  const told = (text: string) =>
    maskSecrets(hide(text.slice(0, maxSearchedLength)))
      .replace(/\s+/g, ' ')
      .trim()
      .slice(0, maxExplanationLength);
  const body = parseJson(response.text);
  if (body === undefined) {
    const message = isMarkup(response.text) ? '' : told(response.text);
    return message === '' ? {} : { message };
  }
  const first = (paths: Path): string | undefined => {
    const found = (typeof paths === 'string' ? [paths] : paths)
      .map((path) => select(part(body), path)?.value)
      .find(
        (value) =>
          (typeof value === 'string' && value !== '') || typeof value === 'number' || isReasonsByField(value),
      );
    return found === undefined ? undefined : told(textOf(found));
  };
  const message = first(errors?.message ?? defaultMessagePaths);
  const code = first(errors?.code ?? defaultCodePaths);
  return {
    ...(message !== undefined && { message }),
    ...(code !== undefined && code !== message && { code }),
  };
}

/** JSON, whatever the server calls it: some name their answers otherwise than they write them. Undefined for none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Some servers call a plain text HTML: only a tag makes it a page. */
function isMarkup(text: string): boolean {
  return /<[a-z!/][^>]*>/i.test(text.slice(0, maxSearchedLength));
}

/** `{name: ["is taken"]}`, as some APIs explain. */
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
