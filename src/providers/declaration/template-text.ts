import { methods } from './call.ts';
import type { Operation } from './operation.ts';

/** A text in the templates of a call. */
export interface TemplateText {
  place: (typeof methods)[number] | 'query' | 'headers' | 'body' | 'form';
  text: string;
  /** The name of a field, not its value. */
  isName: boolean;
}

/** The texts of all templates of a call. */
export function textsOf(operation: Operation): TemplateText[] {
  const paths = methods.flatMap((place) => {
    const text = operation[place];
    return text === undefined ? [] : [{ place, text, isName: false }];
  });
  const places = ['query', 'headers', 'body', 'form'] as const;
  return [...paths, ...places.flatMap((place) => textsIn(place, operation[place]))];
}

export function textsIn(place: TemplateText['place'], value: unknown): TemplateText[] {
  if (typeof value === 'string') return [{ place, text: value, isName: false }];
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.flatMap((item) => textsIn(place, item));
  return Object.entries(value).flatMap(([name, item]) => [
    { place, text: name, isName: true },
    ...textsIn(place, item),
  ]);
}
