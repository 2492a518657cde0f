import { resolve } from 'node:path';
import { InvalidValue } from '../../base/errors.ts';
import type { Secret } from '../../base/secret.ts';
import type { Account, Place } from '../../keys/audit/audit-rule.ts';
import type { Spot } from '../../keys/audit/finding.ts';
import { mayWork } from '../../keys/audit/key-label.ts';
import type { Key } from '../../keys/key.ts';
import { mayBeCut } from '../../keys/key.ts';
import type { OpenOperation } from '../../keys/operations/open-operation.ts';
import type { DesiredState } from '../../keys/plan/desired-key.ts';
import { openSinks } from '../../sinks/open-sinks.ts';
import type { SinkSpec } from '../../sinks/sink-spec.ts';
import { parseSink } from '../../sinks/sink-spec.ts';
import type { Context } from '../context.ts';
import { sinkContextOf } from '../sink-context.ts';

/** A place in a file. */
export interface FilePlace extends Place {
  /** Absolute. */
  path: string;
}

/** Where the secrets of these accounts are said to be. */
interface Sources {
  desired: DesiredState | undefined;
  operations: readonly OpenOperation[];
}

interface Stated {
  sink: string;
  name: string;
  /** The folder that a relative path starts from. */
  cwd: string;
  spot?: Spot;
}

/** The files in which `keys.yaml` and the journal say that secrets are, and which key each holds. No other program is asked. */
export async function readPlaces(
  context: Context,
  accounts: readonly (Account & { place: Context })[],
  sources: Sources,
): Promise<FilePlace[]> {
  const places: FilePlace[] = [];
  for (const account of accounts) {
    for (const stated of statedIn(context, account, sources)) {
      const spec = specOf(stated.sink);
      if (spec?.kind !== 'file' && spec?.kind !== 'env') continue;
      // Filled in for each delivery.
      if (spec.path.includes('{')) continue;
      const path = resolve(stated.cwd, spec.path);
      const [sink] = await openSinks(
        [spec],
        sinkContextOf(context, true, { profile: account.profile, cwd: stated.cwd }),
      );
      const value = await sink?.read?.();
      // An empty place holds nothing that does not work.
      if (value === null) continue;
      const known = value === undefined ? undefined : await holderOf(account, value);
      places.push({
        profile: account.profile,
        flags: account.flags,
        sink: stated.sink,
        name: stated.name,
        path,
        isNameInUse: account.keys.some((key) => key.name === stated.name && mayWork(key)),
        holder: known,
        reason:
          value === undefined ? 'a place could not be read' : 'the API does not show enough of its keys',
        ...(stated.spot && { spot: stated.spot }),
      });
    }
  }
  return places;
}

/** Each place once. */
function statedIn(context: Context, account: Account, { desired, operations }: Sources): Stated[] {
  const byFile = (desired?.keys ?? []).flatMap(({ name, to }) =>
    account.sinksOf(name) === to
      ? to.map((sink): Stated => {
          const spot = account.spotOf(name);
          return { sink, name, cwd: context.io.cwd, ...(spot && { spot }) };
        })
      : [],
  );
  const byJournal = operations
    .filter(({ header }) => header.setting.profile === account.profile && header.plan.kind !== 'session')
    .flatMap(({ header: { plan, setting } }) =>
      plan.sinks.map((sink): Stated => ({ sink, name: plan.name, cwd: setting.cwd })),
    );
  const all = [...byFile, ...byJournal];
  return [
    ...new Map(all.reverse().map((one) => [JSON.stringify([one.sink, one.cwd]), one])).values(),
  ].reverse();
}

function specOf(sink: string): SinkSpec | undefined {
  try {
    return parseSink(sink);
  } catch (error) {
    // Of another version of keys.
    if (error instanceof InvalidValue) return undefined;
    throw error;
  }
}

/** The key with a secret; null if certainly no key has it, undefined if the API does not show enough to tell. */
async function holderOf(
  { keys, place }: Account & { place: Context },
  value: Secret,
): Promise<Key | null | undefined> {
  const [{ provenHolder }, { keepsHashes, allShown, matchKeys }] = await Promise.all([
    import('../find-by-value.ts'),
    import('../../keys/match.ts'),
  ]);
  const backend = await place.backend();
  const secret = value.mapped((text) => text.trim());
  if (keepsHashes(backend)) {
    const id = await backend.holderOf(secret);
    return id === undefined ? null : (keys.find((key) => key.id === id) ?? (await backend.get(id)));
  }
  const holder = await provenHolder(backend, keys, secret);
  if (holder) return keys.find(({ id }) => id === holder.id) ?? holder;
  const isWhole = allShown(keys) && !mayBeCut(keys, backend);
  return isWhole && (await matchKeys(keys, secret, undefined)).length === 0 ? null : undefined;
}
