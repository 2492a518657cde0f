import type { KeyChanges } from '../keys/ports.ts';
import { invalidKey } from './errors.ts';

/**
 * The maximum size of a key's fields, so that pages of keys stay small. `permissions`, `models` and `labels` are counts, the
 * rest are characters; the totals are those of the JSON text.
 */
export const keyBounds = {
  name: 120,
  description: 1000,
  permissions: 16,
  permission: 64,
  models: 1000,
  model: 200,
  modelsTotal: 16_384,
  labels: 64,
  labelName: 200,
  labelValue: 1000,
  labelsTotal: 8192,
} as const;

/** Throws `invalid_key`, which names every field that is too large or empty. */
export function requireBounds({ name, description, permissions, models, labels }: KeyChanges): void {
  const problems: string[] = [];
  const check = (field: string, amount: number, max: number, unit = 'characters') => {
    if (amount > max) problems.push(`${field}: ${amount} ${unit}; the maximum is ${max}`);
  };
  if (name !== undefined && !/\S/.test(name)) problems.push('name: must not be empty');
  check('name', name?.length ?? 0, keyBounds.name);
  check('description', description?.length ?? 0, keyBounds.description);
  check('permissions', permissions?.length ?? 0, keyBounds.permissions, 'permissions');
  check('permissions', longest(permissions), keyBounds.permission);
  check('models', models?.length ?? 0, keyBounds.models, 'models');
  check('models', longest(models), keyBounds.model);
  check('models', JSON.stringify(models ?? []).length, keyBounds.modelsTotal, 'characters in total');
  const labelEntries = Object.entries(labels ?? {});
  check('labels', labelEntries.length, keyBounds.labels, 'labels');
  check(
    'labels',
    longest(labelEntries.map(([label]) => label)),
    keyBounds.labelName,
    'characters in a label name',
  );
  check(
    'labels',
    longest(labelEntries.map(([, value]) => value ?? '')),
    keyBounds.labelValue,
    'characters in a label value',
  );
  check('labels', JSON.stringify(labels ?? {}).length, keyBounds.labelsTotal, 'characters in total');
  if (problems.length > 0) throw invalidKey(problems);
}

function longest(texts: readonly string[] = []): number {
  return texts.reduce((length, text) => Math.max(length, text.length), 0);
}
