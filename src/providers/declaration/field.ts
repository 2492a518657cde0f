import * as v from 'valibot';
import { timeStyles } from './styles.ts';
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

export const text = v.pipe(v.string(), v.nonEmpty('is empty'));

/** A name that fits into a template and into an environment variable. */
export const word = v.pipe(v.string(), v.regex(/^[A-Za-z]+$/, 'use letters only'));

/** RFC 9110 section 5.6.2, `token`. */
export const headerName = v.pipe(v.string(), v.regex(/^[!#$%&'*+.^`|~\w-]+$/, 'is not a header name'));

export const path = v.pipe(
  v.union([v.string(), v.array(v.string())]),
  v.description(
    'Where a value is: field names joined by dots, list items by number, "" for the whole. Of several paths, the first one that exists.',
  ),
);
export type Path = Declared<typeof path>;

export const timePath = v.pipe(
  v.union([
    path,
    v.strictObject({
      at: required('Where the time is.', path),
      as: required('How the time is written.', v.picklist(namesOf(timeStyles))),
    }),
  ]),
  v.description('Where a time is: a path to an RFC 3339 time, or a path and the style of the time.'),
);
export type TimePath = Declared<typeof timePath>;

export const count = v.pipe(v.number(), v.integer('is not a whole number'));

export function namesOf<Name extends string>(table: Readonly<Record<Name, unknown>>): Name[] {
  return Object.keys(table) as Name[];
}
