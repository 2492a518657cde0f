import { placeName } from '../base/place-name.ts';
import { visible } from '../base/sanitise.ts';
import type { Key } from '../keys/key.ts';
import type { RevocationEvent, RevocationServices } from '../keys/operations/revoke.ts';
import { relativeTime } from '../output/relative-time.ts';
import type { Context } from './context.ts';
import { keysWith, keyWithId } from './lookup.ts';

/** What the revocation of keys needs, for this command. */
export async function revocationServices(context: Context): Promise<RevocationServices> {
  let isPart = false;
  return {
    backend: await context.backend(),
    provider: (await context.profile()).provider,
    interruption: context.interruption,
    now: context.now,
    promptObstacle: context.promptObstacle,
    startMutation: () => context.startMutation(),
    async listKeysWith(references) {
      const keys = references.length > 0 ? await keysWithIds(context, references) : undefined;
      isPart = keys !== undefined;
      return keys ?? keysWith(context, references);
    },
    ownKey: async (keys) => (await import('./own-key.ts')).ownKey(context, keys, isPart),
    confirm: (keys, isSelection) => confirm(context, keys, isSelection),
    tell: (event) => tell(context, event),
  };
}

async function tell(context: Context, event: RevocationEvent): Promise<void> {
  switch (event.type) {
    case 'dry-run':
      return context.note('dry run: nothing was revoked');
    case 'none-selected':
      return context.note('no matching keys: nothing was revoked');
    case 'own-left-out':
      return context.warn(
        `${event.key.name} (${event.key.id}) is left out: it is the session token that keys itself uses here`,
      );
    case 'still-active':
      return context.warn(`another key named ${event.key.name} still works: ${event.key.id}`);
  }
}

/** The keys of ids, without a list; undefined unless every reference is the id of a key. */
async function keysWithIds(context: Context, references: readonly string[]): Promise<Key[] | undefined> {
  const keys: Key[] = [];
  for (const reference of references) {
    const key = await keyWithId(context, reference);
    if (!key) return undefined;
    keys.push(key);
  }
  return keys;
}

/** Enter alone never revokes: a person types the name of the key, its id if it has no name, or the number of keys. */
async function confirm(context: Context, keys: readonly Key[], isSelection: boolean): Promise<boolean> {
  for (const { id, name, status, lastUsedAt } of keys) {
    const use = lastUsedAt ? `last used ${relativeTime(lastUsedAt, context.now)}` : 'never used';
    await context.note(`${name}  ${id}  ${status}  ${use}`);
  }
  const [first] = keys;
  const only = keys.length === 1 && !isSelection ? first : undefined;
  const label = only && (only.name.trim() === '' ? only.id : only.name);
  const { name: profile, provider } = await context.profile();
  const place = placeName({ profile, provider });
  const answer = await context.ask(
    label
      ? `This is final (${place}). Type ${visible(label)} to revoke it:`
      : `This is final (${place}). Type ${keys.length} to revoke ${keys.length === 1 ? 'this key' : `these ${keys.length} keys`}:`,
  );
  const acceptedAnswers = only && label ? [label, visible(label), only.id] : [String(keys.length)];
  return (
    answer.trim() !== '' && (acceptedAnswers.includes(answer.trim()) || acceptedAnswers.includes(answer))
  );
}
