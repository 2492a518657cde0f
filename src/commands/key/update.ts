import { echoStored } from '../../app/echo-stored.ts';
import { lookUpKey } from '../../app/lookup.ts';
import type { Input } from '../../cli/define.ts';
import { defineCommand, toggle, value } from '../../cli/define.ts';
import { requireAbility, requireInputs } from '../../keys/capability-check.ts';
import type { Key, KeyInput } from '../../keys/key.ts';
import { inOrder, keyFields } from '../../keys/key.ts';
import type { KeyChanges } from '../../keys/ports.ts';
import type { Requested } from '../../keys/requested.ts';
import { checkExpiry, checkPermissions, keyFlags, readName } from '../flags/key-flags.ts';

const flags = {
  name: value('--name <name>', 'a new name', readName),
  ...keyFlags,
  disable: toggle('--disable', 'refuse the key until it is enabled again'),
  enable: toggle('--enable', 'end a --disable'),
};

export const update = defineCommand({
  operands: '<key>',
  summary: 'change a key; its secret stays the same',
  description:
    'What no flag names stays as it is. --label NAME= removes a label; --description "" removes the description.',
  examples: [
    'keys update ci --expires 90d',
    'keys update ci --budget none --models all',
    'keys update ci --disable',
  ],
  flags,
  fields: [...keyFields, 'changed', 'expiresAtRequested', 'requested'],
  problems(input) {
    if (input.disable && input.enable) return ['--disable and --enable contradict each other'];
    return Object.keys(toChanges(input)).length === 0 ? ['nothing to change: name at least one flag'] : [];
  },
  async run(context, input) {
    const changes = toChanges(input);
    const backend = await context.backend();
    const { provider } = await context.profile();
    const { disabled, ...fields } = changes;
    if (disabled !== undefined) requireAbility(provider, 'disable', backend.capabilities);
    if (Object.keys(fields).length > 0) requireAbility(provider, 'update', backend.capabilities);
    requireInputs(provider, 'update', Object.keys(fields) as KeyInput[], backend.capabilities);
    checkPermissions(backend, changes.permissions ?? []);
    checkExpiry(provider, backend.capabilities, changes.expiresAt, context.now);
    const reference = input.operands[0] ?? '';
    const listed = await lookUpKey(context, reference);
    context.startMutation();
    const updated = await backend.update(listed.id, changes);
    const requested = await echoStored(context, backend, fields, updated, true);
    const { name: profile } = await context.profile();
    const changed = hasChanged(changes, requested);
    const key = inOrder({ ...withoutChanged(listed, changes), ...updated, provider, profile });
    const record = { ...key, changed, ...requested };
    return {
      kind: 'one',
      record,
      columns: keyFields,
      table: async (_, terminal) =>
        (await import('../../output/views/key-detail.ts')).keyDetailView(record, terminal),
    };
  },
});

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

/** What the list said of a field that has changed since is no longer true. */
function withoutChanged(listed: Key, changes: KeyChanges): Key {
  const fields = Object.entries(listed).filter(([field]) => !Object.hasOwn(changes, field));
  return Object.fromEntries(fields) as unknown as Key;
}

/** Whether the API answers that it has changed anything of what was asked. */
function hasChanged({ disabled, ...fields }: KeyChanges, { requested = {}, ...expiry }: Requested): boolean {
  const untouched = Object.keys(requested).length + ('expiresAtRequested' in expiry ? 1 : 0);
  return disabled !== undefined || untouched < Object.keys(fields).length;
}
