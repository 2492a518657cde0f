import { updateKey } from '../../app/update-key.ts';
import type { Input } from '../../cli/define.ts';
import { defineCommand, toggle, value } from '../../cli/define.ts';
import { keyFields } from '../../keys/key.ts';
import type { KeyChanges } from '../../keys/ports.ts';
import type { Result } from '../../output/present.ts';
import { keyFlags, readName } from '../flags/key-flags.ts';

const flags = {
  name: value('--name <name>', 'a new name', readName),
  ...keyFlags,
  disable: toggle('--disable', 'make the API refuse the key until it is enabled again'),
  enable: toggle('--enable', 'undo --disable'),
};

export const update = defineCommand({
  operands: '<key>',
  summary: 'change a key; its secret stays the same',
  description:
    'Only the given fields change. --label NAME= removes a label; --description "" removes the description.',
  examples: [
    'keys update ci --expires 90d',
    'keys update ci --budget none --models all',
    'keys update ci --disable',
  ],
  flags,
  fields: [...keyFields, 'changed', 'expiresAtRequested', 'requested'],
  problems(input) {
    if (input.disable && input.enable) return ['--disable and --enable cannot be combined'];
    return Object.keys(toChanges(input)).length === 0 ? ['nothing to change: pass at least one flag'] : [];
  },
  async run(context, input) {
    return updatedResult(await updateKey(context, input.operands[0] ?? '', toChanges(input)));
  },
});

export function updatedResult(record: Awaited<ReturnType<typeof updateKey>>): Result {
  return {
    kind: 'one',
    record,
    columns: keyFields,
    table: async (_, terminal) =>
      (await import('../../output/views/key-detail.ts')).keyDetailView(record, terminal),
  };
}

function toChanges(input: Input<typeof flags>): KeyChanges {
  const labels = Object.fromEntries(input.label.map(([name, text]) => [name, text === '' ? null : text]));
  return {
    ...(input.name !== undefined && { name: input.name }),
    ...(input.description !== undefined && { description: input.description || null }),
    ...(input.expires !== undefined && { expiresAt: input.expires }),
    ...(input.permission.length > 0 && { permissions: [...new Set(input.permission.flat())] }),
    ...(input.rateLimit !== undefined && { rateLimitRpm: input.rateLimit }),
    ...(input.budget !== undefined && { budgetUsd: input.budget }),
    ...(input.models.length > 0 && { models: [...new Set(input.models.flat())] }),
    ...(input.label.length > 0 && { labels }),
    ...((input.disable || input.enable) && { disabled: input.disable }),
  };
}
