import pMap from 'p-map';
import { KeysError } from '../base/errors.ts';
import { looksLikeSecret } from '../base/secret.ts';
import type { Key } from '../keys/key.ts';
import { isActive, keyInputs } from '../keys/key.ts';
import type { WrittenKey, WrittenManifest } from '../manifest/write-manifest.ts';
import { manifestOf, writeManifest } from '../manifest/write-manifest.ts';
import { inWriting } from '../manifest/written-key.ts';
import type { Context } from './context.ts';
import { everyProfile } from './search.ts';

/** What exists, as keys.yaml says it. */
export interface Exported {
  manifest: WrittenManifest;
  /** The file, with a comment for everything that it cannot say. */
  text: string;
  /** Profiles that could not be asked. */
  failures: readonly { profile: string; message: string }[];
}

/** The keys of one profile, or of `local` and every stored profile. A profile that fails is left out of the latter. */
export async function exportKeys(
  context: Context,
  { allProfiles }: { allProfiles: boolean },
): Promise<Exported> {
  const { name: current } = await context.profile();
  const keys: WrittenKey[] = [];
  const remarks: string[] = [];
  const failures: { profile: string; message: string }[] = [];
  // One at a time: a keychain, or an API that requires a one-time password, may prompt.
  for (const [profile, place] of allProfiles ? await everyProfile(context) : [[current, context] as const]) {
    try {
      const one = await exportProfile(place);
      const ofProfile = allProfiles ? { profile } : {};
      keys.push(...one.keys.map((key) => ({ ...key, ...ofProfile })));
      remarks.push(...one.remarks.map((remark) => (allProfiles ? `profile ${profile}: ${remark}` : remark)));
    } catch (error) {
      if (!allProfiles || !(error instanceof KeysError) || error.failure.exit === 'interrupted') throw error;
      failures.push({ profile, message: error.message });
      remarks.push(`profile ${profile} is left out: ${error.message}`);
    }
  }
  const manifest = manifestOf(allProfiles ? undefined : current, keys);
  return { manifest, text: writeManifest(manifest, remarks), failures };
}

interface ExportedProfile {
  keys: WrittenKey[];
  remarks: string[];
}

async function exportProfile(context: Context): Promise<ExportedProfile> {
  const backend = await context.backend();
  const remarks: string[] = [];
  const chosenKeys: Key[] = [];
  for (const [name, namesakes] of namesakesIn(await context.keys())) {
    const ids = namesakes
      .map(({ id }) => id)
      .sort()
      .join(', ');
    const [key] = namesakes;
    // Where the API has no name of a key, its id stands for it.
    if (name === '' || name === key?.id) remarks.push(`a key without a name is left out: ${ids}`);
    else if (looksLikeSecret(name)) remarks.push(`a key whose name looks like a secret is left out: ${ids}`);
    else if (namesakes.length > 1) remarks.push(`several keys named ${name} are left out: ${ids}`);
    else if (key) chosenKeys.push(key);
  }
  const look = await lookOf(context);
  const written = (await pMap(chosenKeys, look, { concurrency: 4 })).map((key) =>
    inWriting(key, backend.capabilities),
  );
  return {
    keys: written.map((one) => one.written),
    remarks: [...remarks, ...written.flatMap((one) => one.remarks)],
  };
}

/** The keys that may work, and that no newer one replaces, by name in a fixed order. */
function namesakesIn(keys: readonly Key[]): [name: string, namesakes: Key[]][] {
  const byName = new Map<string, Key[]>();
  for (const key of keys) {
    // Some APIs do not tell whether a key works.
    if (key.superseded || !(isActive(key) || key.status === 'unknown')) continue;
    byName.set(key.name, [...(byName.get(key.name) ?? []), key]);
  }
  return [...byName].sort(([one], [other]) => (one < other ? -1 : 1));
}

/** Reads a key on its own, if the list told less of it than that would. */
async function lookOf(context: Context): Promise<(key: Key) => Promise<Key>> {
  const [backend, connection] = [await context.backend(), await context.connection()];
  const { show, reports } = backend.capabilities;
  const isWhole = !connection || (await import('../remote/capabilities.ts')).listsWhole(connection.provider);
  return async (key) => {
    const lacks = keyInputs.some((field) => reports.includes(field) && key[field] === undefined);
    return show && lacks && !isWhole ? { ...key, ...(await backend.get(key.id)) } : key;
  };
}
