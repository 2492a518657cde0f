import { KeysError, usageError } from '../base/errors.ts';
import type { Secret } from '../base/secret.ts';
import { placeholder } from '../providers/declaration/placeholder.ts';
import type { Clock } from '../providers/declaration/styles.ts';
import { expiryStyles, graceStyles } from '../providers/declaration/styles.ts';
import type { Template } from '../providers/declaration/template.ts';

/** The values for templates. Undefined: no value. */
export type Inputs = Readonly<Record<string, unknown>>;

export type Filled =
  | null
  | boolean
  | number
  | string
  | Secret
  | readonly Filled[]
  | { readonly [name: string]: Filled };

const alone = new RegExp(`^${placeholder.source}$`);

/** A body. Placeholders without a value disappear with their fields. */
export function fillBody(template: Template, inputs: Inputs, clock: Clock): Filled | undefined {
  if (typeof template === 'string') return fillText(template, inputs, clock);
  if (typeof template !== 'object' || template === null) return template;
  if (Array.isArray(template)) {
    return template.map((one: Template) => fillBody(one, inputs, clock)).filter((one) => one !== undefined);
  }
  const entries = Object.entries(template).map(
    ([name, one]) => [name, fillBody(one, inputs, clock)] as const,
  );
  return Object.fromEntries(entries.filter((entry): entry is [string, Filled] => entry[1] !== undefined));
}

function fillText(template: string, inputs: Inputs, clock: Clock): Filled | undefined {
  const [, name, style] = alone.exec(template) ?? [];
  if (name !== undefined) return convert(inputs[name], style, clock);
  // A text with a gap would mean something else.
  const isSaid = [...template.matchAll(placeholder)].every(([, input = '']) => inputs[input] !== undefined);
  if (!isSaid) return undefined;
  return template.replace(placeholder, (_, input: string, as?: string) =>
    String(convert(inputs[input], as, clock) ?? ''),
  );
}

function convert(value: unknown, style: string | undefined, clock: Clock): Filled | undefined {
  if (value instanceof Date) return styleNamed(expiryStyles, style ?? 'iso').write(value, clock);
  if (typeof value === 'number' && style !== undefined) return styleNamed(graceStyles, style).write(value);
  return value as Filled | undefined;
}

/** The check of a declaration has refused every other name. */
function styleNamed<Styles extends object>(styles: Styles, name: string): Styles[keyof Styles] {
  return styles[name as keyof Styles];
}

/**
 * A path. Every value becomes one segment, percent-encoded. Throws `KeysError`, before any call, for a missing or empty
 * value (2), and for dots, which would lead to another path however they are encoded (WHATWG URL, "double-dot URL path
 * segment").
 */
export function fillPath(template: string, inputs: Inputs): string {
  return template.replace(placeholder, (_, name: string) => {
    const segment = String(inputs[name] ?? '');
    // Half of a surrogate pair cannot be encoded in UTF-8.
    if (!/^\.{0,2}$/.test(segment) && segment.isWellFormed()) return encodeURIComponent(segment);
    throw unusable(name, segment);
  });
}

function unusable(name: string, segment: string): KeysError {
  const what = segment === '' ? `{${name}} has no value` : `'${segment}' cannot be part of a path`;
  const message = `${what}, and the path of the call needs it; no call was made`;
  const option = /^option\.(.+)$/.exec(name)?.[1];
  if (name === 'id') return new KeysError({ code: 'unusable_address', message });
  return usageError(message, ...(option === undefined ? [] : [`keys login --option ${option}=VALUE`]));
}
