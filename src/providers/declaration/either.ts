import type { Template } from './template.ts';

/** The name of the only field of an object that stands for the first of several templates that can be filled. */
export const either = '{either}';

/** The templates of `{ "{either}": [...] }`; undefined for any other one. */
export function alternativesIn(template: Template): readonly Template[] | undefined {
  if (typeof template !== 'object' || template === null || !Object.hasOwn(template, either)) return undefined;
  const alternatives = (template as Readonly<Record<string, Template>>)[either];
  return Array.isArray(alternatives) ? alternatives : undefined;
}

/** The template with the first of each choice alone: what a rotation sends. */
export function withFirstChoices(template: Template): Template {
  if (typeof template !== 'object' || template === null) return template;
  const [first] = alternativesIn(template) ?? [];
  if (first !== undefined) return withFirstChoices(first);
  if (Array.isArray(template)) return template.map(withFirstChoices);
  return Object.fromEntries(Object.entries(template).map(([name, one]) => [name, withFirstChoices(one)]));
}
