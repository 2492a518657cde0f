import type { KeyChanges } from '../keys/ports.ts';
import { invalidKey } from './errors.ts';

/**
 * How much a key may carry: pages of keys, and whoever reads them, must stay small. Characters, but for counts; the lists
 * as JSON.
 */
export const keyBounds = {
  name: 120,
  description: 1000,
  permissions: 16,
  permission: 64,
  models: 1000,
  model: 200,
  modelsInAll: 16_384,
  labels: 64,
  labelName: 200,
  labelValue: 1000,
  labelsInAll: 8192,
} as const;

/** Throws `KeysError` (usage) that names everything that is too large or has no name. */
export function requireBounds({ name, description, permissions, models, labels }: KeyChanges): void {
  const problems: string[] = [];
  const most = (what: string, amount: number, limit: number, unit = 'characters') => {
    if (amount > limit) problems.push(`${what}: ${amount} ${unit}, and ${limit} is the most`);
  };
  if (name !== undefined && !/\S/.test(name)) problems.push('name: it is empty');
  most('name', name?.length ?? 0, keyBounds.name);
  most('description', description?.length ?? 0, keyBounds.description);
  most('permissions', permissions?.length ?? 0, keyBounds.permissions, 'permissions');
  most('permissions', longest(permissions), keyBounds.permission);
  most('models', models?.length ?? 0, keyBounds.models, 'models');
  most('models', longest(models), keyBounds.model);
  most('models', JSON.stringify(models ?? []).length, keyBounds.modelsInAll, 'characters in all');
  const given = Object.entries(labels ?? {});
  most('labels', given.length, keyBounds.labels, 'labels');
  most('labels', longest(given.map(([label]) => label)), keyBounds.labelName, 'characters in a name');
  most(
    'labels',
    longest(given.map(([, value]) => value ?? '')),
    keyBounds.labelValue,
    'characters in a value',
  );
  most('labels', JSON.stringify(labels ?? {}).length, keyBounds.labelsInAll, 'characters in all');
  if (problems.length > 0) throw invalidKey(problems);
}

function longest(texts: readonly string[] = []): number {
  return texts.reduce((length, text) => Math.max(length, text.length), 0);
}
