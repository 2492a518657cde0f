import { methods } from './call.ts';
import type { Operation } from './operation.ts';

/** A text in the templates of a call. */
export interface TemplateText {
  place: (typeof methods)[number] | 'query' | 'headers' | 'body' | 'form';
  /** Where the text is in the declaration; of the name of a field, where that field is. */
  path: string;
  text: string;
  /** The name of a field, not its value. */
  isName: boolean;
}

/** The texts of all templates of a call, which is at this path. */
export function textsOf(operation: Operation, path: string): TemplateText[] {
  const paths = methods.flatMap((place) => {
    const text = operation[place];
    return text === undefined ? [] : [{ place, path: `${path}.${place}`, text, isName: false }];
  });
  const places = ['query', 'headers', 'body', 'form'] as const;
  return [...paths, ...places.flatMap((place) => textsIn(place, operation[place], `${path}.${place}`))];
}

export function textsIn(place: TemplateText['place'], value: unknown, path: string): TemplateText[] {
  if (typeof value === 'string') return [{ place, path, text: value, isName: false }];
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.flatMap((item, index) => textsIn(place, item, `${path}.${index}`));
  return Object.entries(value).flatMap(([name, item]) => [
    { place, path: `${path}.${name}`, text: name, isName: true },
    ...textsIn(place, item, `${path}.${name}`),
  ]);
}
