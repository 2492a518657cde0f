import { usageError } from '../base/errors.ts';
import type { Secret } from '../base/secret.ts';
import { optionVariable } from '../platform/env.ts';
import { alternativesIn } from '../providers/declaration/either.ts';
import type { PlaceholderParts } from '../providers/declaration/placeholder.ts';
import { placeholder, placeholdersIn } from '../providers/declaration/placeholder.ts';
import type { Clock, ListStyle } from '../providers/declaration/styles.ts';
import { amountStyles, expiryStyles, graceStyles, listStyles } from '../providers/declaration/styles.ts';
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

const alone = new RegExp(`^(?:${placeholder.source})$`);

/** How placeholders are filled. */
export interface Filling extends Clock {
  /** Whether the value after a bar is sent for an input that has none; it always is for null. */
  sendsFallbacks: boolean;
}

/** A body. Placeholders without a value disappear with their fields. */
export function fillBody(template: Template, inputs: Inputs, filling: Filling): Filled | undefined {
  if (typeof template === 'string') return fillText(template, inputs, filling);
  if (typeof template !== 'object' || template === null) return template;
  if (Array.isArray(template)) return fillList(template, inputs, filling);
  const alternatives = alternativesIn(template);
  if (alternatives) return fillEither(alternatives, inputs, filling);
  const entries = Object.entries(template).map(
    ([name, one]) => [name, fillBody(one, inputs, filling)] as const,
  );
  return Object.fromEntries(entries.filter((entry): entry is [string, Filled] => entry[1] !== undefined));
}

/** The first template that can be filled without a gap; the last one if none can. */
function fillEither(alternatives: readonly Template[], inputs: Inputs, filling: Filling): Filled | undefined {
  const isWhole = (one: Template) => placeholdersIn(one).every(({ input }) => inputs[input] !== undefined);
  const chosen = alternatives.find(isWhole) ?? alternatives.at(-1);
  return chosen === undefined ? undefined : fillBody(chosen, inputs, filling);
}

/** An item with `{input:each}` is repeated; a list of nothing else has no value if the input has none. */
function fillList(template: readonly Template[], inputs: Inputs, filling: Filling): Filled | undefined {
  const repeated = template.map(eachIn);
  const isUnset = (input: string | undefined) => input !== undefined && inputs[input] === undefined;
  if (template.length > 0 && repeated.every(isUnset)) return undefined;
  const items = template.flatMap((item, index) => {
    const input = repeated[index];
    if (input === undefined) return [fillBody(item, inputs, filling)];
    const values = inputs[input];
    return Array.isArray(values)
      ? values.map((value) => fillBody(item, { ...inputs, [input]: [value] }, filling))
      : [];
  });
  return items.filter((item) => item !== undefined);
}

/** The input for which an item is repeated; a list inside the item repeats its own. */
function eachIn(item: Template): string | undefined {
  if (Array.isArray(item)) return undefined;
  if (typeof item === 'object' && item !== null) return Object.values(item).map(eachIn).find(Boolean);
  return placeholdersIn(item).find(({ style }) => style === 'each')?.input;
}

function fillText(template: string, inputs: Inputs, filling: Filling): Filled | undefined {
  const whole: PlaceholderParts | undefined = alone.exec(template)?.groups;
  if (whole?.input !== undefined) return filledWith({ ...whole, input: whole.input }, inputs, filling);
  // A text with a gap would mean something else.
  if (placeholdersIn(template).some(({ input }) => inputs[input] === undefined)) return undefined;
  return template.replace(placeholder, (...match) => {
    const { literal, input = '', style }: PlaceholderParts = match.at(-1);
    return literal === undefined
      ? String(convert(input, inputs[input], style, filling) ?? '')
      : `{${literal}}`;
  });
}

function filledWith(
  { input, style, fallback }: PlaceholderParts & { input: string },
  inputs: Inputs,
  filling: Filling,
): Filled | undefined {
  const value = inputs[input];
  if (style === 'json') return optionJson(input, value);
  const isMissing = value === null || (value === undefined && filling.sendsFallbacks);
  if (isMissing && fallback !== undefined) return JSON.parse(fallback);
  return value === null ? null : convert(input, value, style, filling);
}

/** The check of a declaration has refused every style that does not fit. */
function convert(input: string, value: unknown, style: string | undefined, clock: Clock): Filled | undefined {
  if (value instanceof Date) return styleNamed(expiryStyles, style ?? 'iso').write(value, clock);
  if (style === undefined) return value as Filled | undefined;
  if (Array.isArray(value)) return writeList(input, value, style);
  if (input === 'id') return numberIn(String(value));
  if (typeof value !== 'number') return value as Filled | undefined;
  if (input === 'grace') return styleNamed(graceStyles, style).write(value);
  return Math.round(value * styleNamed(amountStyles, style).perDollar);
}

/** An id that is no number is sent as it is: the API knows better why it does not have it. */
function numberIn(id: string): Filled {
  return Number.isSafeInteger(Number(id)) && String(Number(id)) === id ? Number(id) : id;
}

function optionJson(input: string, value: unknown): Filled {
  const option = input.replace(/^option\./, '');
  const hints = [`keys login --option '${option}=JSON'`, `or set ${optionVariable(option)}`];
  if (value === undefined)
    throw usageError(`the call needs --option ${option}=JSON; it was not made`, ...hints);
  try {
    return JSON.parse(String(value));
  } catch {
    throw usageError(`the value of --option ${option} is not valid JSON; the call was not made`, ...hints);
  }
}

function writeList(input: string, values: readonly Filled[], style: string): Filled {
  const { separator }: ListStyle = styleNamed(listStyles, style);
  if (separator !== undefined) return values.join(separator);
  const [only, ...others] = values;
  if (only !== undefined && others.length === 0) return only;
  throw usageError(
    `the API takes exactly one value for ${inputFlags[input] ?? input}, and ${values.length} were given; the call was not made`,
  );
}

const inputFlags: Readonly<Record<string, string>> = { permissions: '--permission', models: '--models' };

function styleNamed<Styles extends object>(styles: Styles, name: string): Styles[keyof Styles] {
  return styles[name as keyof Styles];
}
