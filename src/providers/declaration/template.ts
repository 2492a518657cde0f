import * as v from 'valibot';

/** JSON whose texts may contain placeholders. */
export type Template =
  | string
  | number
  | boolean
  | null
  | readonly Template[]
  | { readonly [name: string]: Template };

export const template: v.GenericSchema<Template> = v.lazy(() =>
  v.union([v.string(), v.number(), v.boolean(), v.null(), v.array(template), v.record(v.string(), template)]),
);
