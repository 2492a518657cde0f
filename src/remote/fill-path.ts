import { KeysError, usageError } from '../base/errors.ts';
import { optionVariable } from '../platform/env.ts';
import type { PlaceholderParts } from '../providers/declaration/placeholder.ts';
import { placeholder } from '../providers/declaration/placeholder.ts';
import type { Inputs } from './fill-template.ts';

/**
 * A path. Every value becomes one segment, percent-encoded; with `:path`, its slashes separate segments. Throws
 * `KeysError`, before any call, for a missing or empty value (2), and for dots, which would lead to another path however
 * they are encoded (WHATWG URL, "double-dot URL path segment").
 */
export function fillPath(template: string, inputs: Inputs): string {
  return template.replace(placeholder, (...match) => {
    const { literal, input: name = '', style }: PlaceholderParts = match.at(-1);
    if (literal !== undefined) return encodeURIComponent(`{${literal}}`);
    const value = String(inputs[name] ?? '');
    const segments = style === 'path' ? value.split('/') : [value];
    if (segments.every(isSegment)) return segments.map(encodeURIComponent).join('/');
    throw unusable(name, value);
  });
}

/** Half of a surrogate pair cannot be encoded in UTF-8. */
function isSegment(text: string): boolean {
  return !/^\.{0,2}$/.test(text) && text.isWellFormed();
}

function unusable(name: string, segment: string): KeysError {
  const what = segment === '' ? `{${name}} has no value` : `'${segment}' cannot be part of a path`;
  const message = `${what}, and the path of the call needs it; the call was not made`;
  const option = /^option\.(.+)$/.exec(name)?.[1];
  if (name === 'id') return new KeysError({ code: 'unusable_address', message });
  const hints =
    option === undefined ? [] : [`keys login --option ${option}=VALUE`, `or set ${optionVariable(option)}`];
  return usageError(message, ...hints);
}
