import type * as v from 'valibot';
import { providerSchema } from './provider.ts';

/* The shape of a provider, looked up by path: what a message about a wrong field can offer instead. */

/** A schema of valibot with the parts that lead to schemas inside it. */
interface Shape extends v.GenericSchema {
  entries?: Readonly<Record<string, Shape>>;
  /** Of an optional field, or of one that may be null. */
  wrapped?: Shape;
  /** Of a choice between schemas, or between words. */
  options?: readonly (Shape | string)[];
  item?: Shape;
  value?: Shape;
}

/** What the value at a path may be. */
export function optionsAt(path: string): Shape[] {
  const steps = path === '' ? [] : path.split('.');
  return steps.reduce(
    (shapes, step) => shapes.flatMap((shape) => plain(below(shape, step))),
    plain(providerSchema as Shape),
  );
}

/** The fields of the object at a path; of a choice between objects, the fields of all. */
export function fieldsAt(path: string): string[] {
  return [...new Set(optionsAt(path).flatMap(({ entries = {} }) => Object.keys(entries)))];
}

function below({ type, entries, item, value }: Shape, step: string): Shape | undefined {
  if (entries) return Object.hasOwn(entries, step) ? entries[step] : undefined;
  return type === 'array' ? item : value;
}

/** The schemas behind optional fields and choices. */
function plain(shape: Shape | undefined): Shape[] {
  if (!shape) return [];
  if (shape.wrapped) return plain(shape.wrapped);
  const choices = shape.options?.filter((option) => typeof option === 'object') ?? [];
  if (choices.length > 0) return choices.flatMap(plain);
  return [shape];
}
