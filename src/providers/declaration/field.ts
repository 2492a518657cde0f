import * as v from 'valibot';
import { amountStyles, timeStyles } from './styles.ts';
import type { Template } from './template.ts';

/* What the fields of a declaration are made of. */

/** A field with what it means, which editors and the reference show. */
export function required<T extends v.GenericSchema>(meaning: string, schema: T) {
  return v.pipe(schema, v.description(meaning));
}

/** A field that may be left out. */
export function optional<T extends v.GenericSchema>(meaning: string, schema: T) {
  return v.exactOptional(v.pipe(schema, v.description(meaning)));
}

/** The type of a declared value: plain data that nothing changes. */
export type Declared<T extends v.GenericSchema> = Immutable<v.InferOutput<T>>;

type Immutable<T> = [Template] extends [T]
  ? T
  : T extends object
    ? { readonly [Name in keyof T]: Immutable<T[Name]> }
    : T;

export const text = v.pipe(v.string(), v.nonEmpty('is empty; write a text'));

/** A name that fits into a template and into an environment variable. */
export const word = v.pipe(v.string(), v.regex(/^[A-Za-z]+$/, 'use letters only'));

/** RFC 9110 section 5.6.2, `token`. */
export const headerName = v.pipe(
  v.string(),
  v.regex(/^[!#$%&'*+.^`|~\w-]+$/, 'is not a header name; write one such as X-Api-Key'),
);

/** RFC 9110 section 5.5, without bytes that are not ASCII: servers read them in different ways. */
export const headerValue = v.pipe(
  text,
  v.regex(/^[\t\x20-\x7e]*$/, 'has a character that a header cannot have; write one line of ASCII'),
);

export const path = v.pipe(
  v.union([v.string(), v.array(v.string())]),
  v.description(
    'Where a value is: field names joined by dots, list items by number, "" for the whole. Of several paths, the first one that exists.',
  ),
);
export type Path = Declared<typeof path>;

const scalar = v.union([v.string(), v.number(), v.boolean()]);

/** Where a value is and how it is written, or what it always is. */
function valueVariants<T extends Record<string, v.GenericSchema>>(own: T) {
  return [
    path,
    v.strictObject({
      at: required('Where the value is.', path),
      none: optional(
        'Values that mean none or never, such as `-1`. Compared as strings. Null always does.',
        v.array(scalar),
      ),
      missing: optional('The value where the response has no such field.', v.union([scalar, v.null()])),
      ...own,
    }),
    v.strictObject({ always: required('The value, if the API does not tell it.', scalar) }),
  ] as const;
}

function valuePath<T extends Record<string, v.GenericSchema>>(description: string, own: T) {
  return v.pipe(v.union(valueVariants(own)), v.description(description));
}

export const textPath = valuePath(
  'Where a text is: a path, a path with what it means, or the text itself.',
  {},
);
export type TextPath = Declared<typeof textPath>;

export const timePath = valuePath(
  'Where a time is: a path to an RFC 3339 time, or a path and the style of the time.',
  { as: optional('How the time is written.', v.picklist(namesOf(timeStyles))) },
);
export type TimePath = Declared<typeof timePath>;

const unit = optional(
  'The unit of an amount of money. Default: US dollars.',
  v.picklist(namesOf(amountStyles)),
);

export const amountPath = v.pipe(
  v.union([
    ...valueVariants({ as: unit }),
    v.strictObject({
      sum: required(
        'Where the numbers are that are added up. Without one of them, there is no sum.',
        v.pipe(
          v.array(path),
          v.minLength(2, 'has fewer than 2 paths; write the path of each number to add up'),
        ),
      ),
      as: unit,
    }),
  ]),
  v.description('Where a number is: a path, a path and the unit, or several numbers to add up.'),
);
export type AmountPath = Declared<typeof amountPath>;

export const listPath = valuePath(
  'Where a list of texts is: a path, or a path and how the list is written. One text is a list of one.',
  {
    item: optional(
      'Where an item, which is an object, has its text. `*` stands for each item of a list inside it.',
      path,
    ),
    as: optional('What stands between the items of one text.', v.picklist(['comma', 'space'])),
    words: optional(
      'What the API calls an item, by the word that `keys` shows and takes, such as `{ "read": 1 }`. Applies to what is read and to what is sent; an item without a word stays as it is.',
      v.record(v.string(), scalar),
    ),
  },
);
export type ListPath = Declared<typeof listPath>;

/** Any of the ways to declare a value. */
export type ValuePath = TextPath | TimePath | AmountPath | ListPath;

export const count = v.pipe(v.number(), v.integer('is not a whole number'));

export function namesOf<Name extends string>(table: Readonly<Record<Name, unknown>>): Name[] {
  return Object.keys(table) as Name[];
}
