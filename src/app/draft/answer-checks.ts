import { parsePositiveDuration } from '../../base/time.ts';
import { parseBaseUrl } from '../../http/base-url.ts';
import type { Check } from './questions.ts';
import { itemsIn, wholeAnswer } from './questions.ts';

/* What is wrong with an answer to `provider new`, and what to enter instead. */

export const isId: Check = (text) =>
  /^[a-z][a-z0-9-]*$/.test(text) ? undefined : 'use lower-case letters, digits and dashes';

export const isUrl: Check = (text) =>
  isAccepted(() => parseBaseUrl(text)) ? undefined : 'write a URL such as https://api.example.com/v1';

export const isHeaderName: Check = (text) =>
  /^[\w-]+$/.test(text) ? undefined : 'use letters, digits and dashes';

export const isHeader: Check = (text) =>
  /^[\w-]+:\s*[\x20-\x7e]+$/.test(text) ? undefined : 'write a name, a colon and a value';

export const isWord: Check = (text) => (/^[\w-]+$/.test(text) ? undefined : 'write one word, such as Bearer');

/** A field of a body or of a response, with dots between its names. */
export const isField: Check = (text) =>
  /^[^\s./{}]+(\.[^\s./{}]+)*$/.test(text) ? undefined : 'write a field such as name or data.name';

export const isFieldOrWhole: Check = (text) => (text === wholeAnswer ? undefined : isField(text));

export const isParameter: Check = (text) =>
  /^[^\s={}&?]+$/.test(text) ? undefined : 'write a name such as limit';

export const isCount: Check = (text) =>
  /^[1-9]\d{0,3}$/.test(text) ? undefined : 'write a number such as 100';

export const areSpans: Check = (text) =>
  isAccepted(() => itemsIn(text).map(parsePositiveDuration)) ? undefined : 'write spans such as 30d, 90d, 1y';

export const areOptionNames: Check = (text) =>
  itemsIn(text).every((name) => /^[A-Za-z]\w*$/.test(name))
    ? undefined
    : 'write names such as project, region';

/** Some of these words, with commas; the question names them. */
export function areOf(words: readonly string[]): Check {
  return (text) => {
    const unknown = itemsIn(text).filter((word) => !words.includes(word));
    return unknown.length === 0
      ? undefined
      : `${unknown.join(', ')} is not known; choose from ${words.join(', ')}`;
  };
}

/** A path below the base URL, with these placeholders at most, and with `{id}` if it is about one key. */
export function isPath(options: readonly string[], about: 'key' | 'keys' = 'keys'): Check {
  const known = [...options.map((name) => `{option.${name}}`), ...(about === 'key' ? ['{id}'] : [])];
  const example = about === 'key' ? '/keys/{id}' : '/keys';
  return (text) => {
    const unknown = (text.match(/\{[^}]*\}?/g) ?? []).filter((placeholder) => !known.includes(placeholder));
    if (!text.startsWith('/') || /[\s?#]/.test(text)) return `write a path such as ${example}`;
    if (unknown.length > 0)
      return `${unknown.join(', ')} is unknown here; use ${known.join(', ') || 'no braces'}`;
    return about === 'key' && !text.includes('{id}')
      ? `write a path with {id}, such as ${example}`
      : undefined;
  };
}

function isAccepted(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch {
    return false;
  }
}
