import * as v from 'valibot';

/* What the fields of the file are made of. */

type Entries = Record<string, v.GenericSchema>;

/** A field that may be left out, with what it means and how it is written, for editors, the reference and messages. */
export function optional<T extends v.GenericSchema>(meaning: string, example: unknown, schema: T) {
  return v.exactOptional(v.pipe(schema, v.description(meaning), v.examples([example])));
}

/** An object with these fields alone. For valibot, a list is an object too. */
export function fields<T extends Entries>(entries: T) {
  const schema = v.strictObject(entries);
  const run: (typeof schema)['~run'] = (dataset, config) => {
    if (Array.isArray(dataset.value)) v._addIssue(schema, 'type', dataset as never, config as never);
    else return schema['~run'](dataset, config);
    return dataset as never;
  };
  return { ...schema, '~run': run };
}

/** Values by name. Unlike `v.record`, it keeps names such as `constructor`, which every object inherits. */
export function byName<T extends v.GenericSchema>(value: T) {
  const schema = v.record(v.string(), value);
  const run: (typeof schema)['~run'] = (dataset, config) => {
    const input = dataset.value as Record<string, unknown> | null;
    if (typeof input !== 'object' || input === null || Array.isArray(input)) {
      v._addIssue(schema, 'type', dataset as never, config as never);
      return dataset as never;
    }
    const issues: v.BaseIssue<unknown>[] = [];
    const entries = Object.entries(input).map(([key, one]) => {
      const inner = value['~run']({ value: one }, config);
      const step: v.IssuePathItem = { type: 'object', origin: 'value', input, key, value: one };
      for (const issue of inner.issues ?? []) issues.push({ ...issue, path: [step, ...(issue.path ?? [])] });
      return [key, inner.value];
    });
    const outcome = issues.length > 0 ? { typed: false, issues } : { typed: true };
    return { ...outcome, value: Object.fromEntries(entries) } as never;
  };
  return { ...schema, '~run': run };
}
