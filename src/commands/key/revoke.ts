import type { Context } from '../../app/context.ts';
import { keysWith } from '../../app/lookup.ts';
import { KeysError, usageError } from '../../base/errors.ts';
import { visible } from '../../base/sanitise.ts';
import { shellWord } from '../../base/shell-word.ts';
import { defineCommand, toggle, value } from '../../cli/define.ts';
import { readText } from '../../cli/read.ts';
import { findKeys } from '../../keys/find.ts';
import type { Key } from '../../keys/key.ts';
import { isActive } from '../../keys/key.ts';
import { lockOut } from '../../keys/own-key.ts';
import type { KeyBackend } from '../../keys/ports.ts';
import { relativeTime } from '../../output/relative-time.ts';
import type { Terminal } from '../../output/style.ts';
import type { Revoked } from '../../output/views/revoked.ts';

const fields = ['id', 'name', 'revoked', 'changed', 'dryRun'];

export const revoke = defineCommand({
  operands: '<key...>',
  summary: 'revoke keys; they stop working at once, for good',
  description: [
    'On a terminal it asks to type the name; elsewhere it needs --yes or --confirm. All keys are looked up before the',
    'first one is revoked. Revoking a key again is no error.',
  ].join('\n'),
  examples: [
    'keys revoke ci',
    'keys revoke ci --confirm ci',
    'keys revoke 9fK2 Zp41 --yes',
    'keys revoke ci --dry-run',
  ],
  flags: {
    confirm: value('--confirm <name>', 'the name of the key, in place of the question', readText),
    dryRun: toggle('--dry-run', 'show what would be revoked'),
  },
  fields,
  async run(context, { operands, confirm, dryRun }) {
    const keys = await keysWith(context, operands);
    const chosen = findKeys(keys, operands);
    if (!dryRun) {
      await requireNoOwn(context, keys, chosen);
      await makeSure(context, chosen, confirm);
    }
    const records = dryRun ? chosen.map(plan) : await revokeAll(context, await context.backend(), chosen);
    if (dryRun) await context.note('dry run: nothing was revoked');
    else await noteStillLive(context, keys, chosen);
    const [only] = records;
    if (operands.length === 1 && only)
      return { kind: 'one', record: only, columns: fields, table: view(records) };
    return {
      kind: 'rows',
      rows: records,
      columns: fields,
      table: view(records),
    };
  },
});

async function requireNoOwn(context: Context, keys: readonly Key[], targets: readonly Key[]): Promise<void> {
  const own = await (await import('../../app/own-key.ts')).ownKey(context, keys);
  if (own && targets.some(({ id }) => id === own.key.id)) throw lockOut(own);
}

function view(records: readonly Revoked[]) {
  return async (_: unknown, terminal: Terminal) =>
    (await import('../../output/views/revoked.ts')).revokedView(records, terminal);
}

function plan({ id, name, status }: Key): Revoked {
  return { id, name, revoked: status === 'revoked', changed: false, dryRun: true };
}

/** Throws `KeysError`: 2 where nobody can be asked, 1 where the answer is no. */
async function makeSure(context: Context, keys: readonly Key[], confirm: string | undefined): Promise<void> {
  if (confirm !== undefined) {
    const others = keys.filter(({ name }) => name !== confirm);
    if (others.length === 0) return;
    const names = others.map(({ id, name }) => `'${name}' (${id})`).join(', ');
    throw usageError(`--confirm says '${confirm}', but the key is named ${names}; nothing was revoked`);
  }
  if (context.globals.yes || keys.every(({ status }) => status === 'revoked')) return;
  if (!context.interactive) {
    throw usageError(
      'revoking is final and nobody can be asked here: it needs --yes, or --confirm with the name',
      `keys revoke ${keys.map(({ id }) => shellWord(id)).join(' ')} --yes`,
    );
  }
  await ask(context, keys);
}

async function ask(context: Context, keys: readonly Key[]): Promise<void> {
  for (const key of keys) {
    const used = key.lastUsedAt ? `last used ${relativeTime(key.lastUsedAt, context.now)}` : 'never used';
    await context.note(`${key.name}  ${key.id}  ${key.status}  ${used}`);
  }
  const [first] = keys;
  const isOne = keys.length === 1 && first;
  // A key without a name is called by its id: Enter alone never revokes.
  const called = isOne && (first.name.trim() === '' ? first.id : first.name);
  const answer = await context.ask(
    called
      ? `This is final. Type ${visible(called)} to revoke it:`
      : `This is final. Type ${keys.length} to revoke these ${keys.length} keys:`,
  );
  const accepted = called ? [called, visible(called), first.id] : [String(keys.length)];
  if (answer.trim() !== '' && (accepted.includes(answer.trim()) || accepted.includes(answer))) return;
  throw new KeysError({ code: 'declined', message: 'not confirmed: nothing was revoked' });
}

async function revokeAll(context: Context, backend: KeyBackend, keys: readonly Key[]): Promise<Revoked[]> {
  context.startMutation();
  const records: Revoked[] = [];
  for (const { id, name, status } of keys) {
    try {
      if (context.interruption.asked.aborted) throw context.interruption.failure();
      // What is revoked already is not asked for again.
      const changed = status !== 'revoked' && (await backend.revoke(id));
      records.push({ id, name, revoked: true, changed });
    } catch (error) {
      throw records.length > 0 ? partlyRevoked(records, keys, error) : error;
    }
  }
  return records;
}

function partlyRevoked(records: readonly Revoked[], keys: readonly Key[], cause: unknown): KeysError {
  const open = keys.slice(records.length).map(({ id }) => id);
  return new KeysError({
    code: 'partly_revoked',
    message: `${records.length} of ${keys.length} keys were revoked, then it failed: ${cause instanceof Error ? cause.message : cause}`,
    hints: [`keys revoke ${open.map(shellWord).join(' ')} --yes`],
    cause,
  });
}

/** Who revokes a name may believe that it is gone; an older key of it may still work. */
async function noteStillLive(context: Context, keys: readonly Key[], revoked: readonly Key[]): Promise<void> {
  const gone = new Set(revoked.map(({ id }) => id));
  const names = new Set(revoked.map(({ name }) => name));
  const live = keys.filter((key) => names.has(key.name) && !gone.has(key.id) && isActive(key));
  for (const key of live) await context.warn(`another key named ${visible(key.name)} still works: ${key.id}`);
}
