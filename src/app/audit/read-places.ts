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

/** A file with the secret of a key. */
export interface KeyFile {
  profile: string;
  name: string;
  /** Absolute. */
  path: string;
}

export interface KeyPlaces {
  places: Place[];
  files: KeyFile[];
}

type AuditedAccount = Account & { place: Context };

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

/** Where `keys.yaml` and the journal say that secrets are, and which key a file holds. No other program is asked. */
export async function readPlaces(
  context: Context,
  accounts: readonly AuditedAccount[],
  sources: Sources,
): Promise<KeyPlaces> {
  const all: KeyPlaces = { places: [], files: [] };
  for (const account of accounts) {
    const names = new Set(account.keys.filter(mayWork).map(({ name }) => name));
    for (const stated of statedIn(context, account, sources)) {
      const { profile, flags } = account;
      const { sink, name, spot } = stated;
      const reading = await readPlace(context, account, stated);
      // An empty place holds nothing that does not work.
      if (reading === undefined) continue;
      const { path, ...told } = reading;
      const isNameInUse = names.has(name);
      all.places.push({ profile, flags, sink, name, isNameInUse, ...told, ...(spot && { spot }) });
      if (path !== undefined) all.files.push({ profile, name, path });
    }
  }
  return all;
}

type Reading = Pick<Place, 'holder' | 'reason'> & { path?: string };

/** What is in a place; undefined: nothing. */
async function readPlace(
  context: Context,
  account: AuditedAccount,
  { sink: text, cwd }: Stated,
): Promise<Reading | undefined> {
  if (text.includes('${')) return { holder: undefined, reason: 'a variable in its place is not set' };
  const spec = specOf(text);
  const isFile = spec?.kind === 'file' || spec?.kind === 'env';
  // A path with a placeholder is another one for each delivery.
  if (!isFile || spec.path.includes('{')) return { holder: undefined, reason: 'only files are read' };
  const setting = { profile: account.profile, cwd };
  const [sink] = await openSinks([spec], sinkContextOf(context, true, setting));
  const value = await sink?.read?.();
  if (value === null) return undefined;
  // A text of several lines is no secret: what keys.yaml names may be any file of the machine.
  const isText = spec.kind === 'file' && value?.mapped((text) => text.trim()).matches(/\n/);
  const told = isText ? {} : { path: resolve(cwd, spec.path) };
  if (value === undefined) return { holder: undefined, reason: 'a place could not be read', ...told };
  const holder = await holderOf(account, value);
  return { holder, reason: 'the API does not show enough of its keys', ...told };
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
async function holderOf({ keys, place }: AuditedAccount, value: Secret): Promise<Key | null | undefined> {
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
