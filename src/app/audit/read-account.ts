import { chooseProfile } from '../../accounts/choose-profile.ts';
import { localProvider } from '../../accounts/profile.ts';
import { KeysError } from '../../base/errors.ts';
import { shellWord } from '../../base/shell-word.ts';
import type { Account } from '../../keys/audit/audit-rule.ts';
import type { DesiredKey, DesiredState } from '../../keys/plan/desired-key.ts';
import type { Context } from '../context.ts';

/** Everything that an audit asks of a profile. Throws `KeysError` if its keys cannot be listed. */
export async function readAccount(
  context: Context,
  profile: string,
  place: Context,
  desired: DesiredState | undefined,
): Promise<Account> {
  const keys = await place.keys();
  const { capabilities, permissions } = await place.backend();
  const isDefault = profile === (await defaultProfile(context));
  const byName = new Map<string, DesiredKey>(
    (desired?.keys ?? [])
      .filter((key) => isOf(key, profile, desired, isDefault))
      .map((key) => [key.name, key]),
  );
  return {
    profile,
    flags: isDefault ? '' : await placeFlags(context, place, profile),
    capabilities,
    permissions,
    keys,
    ...(await readSession(place)),
    sinksOf: (name) => byName.get(name)?.to ?? [],
    spotOf: (name) => {
      const key = byName.get(name);
      return key && desired && { path: desired.file, ...key.at };
    },
  };
}

function isOf(
  key: DesiredKey,
  profile: string,
  desired: DesiredState | undefined,
  isDefault: boolean,
): boolean {
  const own = key.profile ?? desired?.profile;
  return own === undefined ? isDefault : own === profile;
}

/** The profile of a command without flags. */
async function defaultProfile(context: Context): Promise<string | undefined> {
  const nothing = { profile: undefined, provider: undefined, url: undefined };
  try {
    return chooseProfile(await context.config(), context.io.env, nothing).name;
  } catch (error) {
    if (error instanceof KeysError) return undefined;
    throw error;
  }
}

/** The flags with which a command uses this profile. */
async function placeFlags(context: Context, place: Context, profile: string): Promise<string> {
  const { profiles } = await context.config();
  const name = `--profile ${shellWord(profile)}`;
  const isStored = profile === localProvider.id || Object.hasOwn(profiles, profile);
  if (isStored && place.globals.url === undefined) return name;
  const { provider, url } = await place.profile();
  return [
    name,
    `--provider ${shellWord(provider)}`,
    ...(url === null ? [] : [`--url ${shellWord(url)}`]),
  ].join(' ');
}

/** When the session ends, where the API tells. */
async function readSession(place: Context): Promise<Pick<Account, 'hasSession' | 'sessionEndsAt'>> {
  const connection = await place.connection();
  if (!connection) return { hasSession: false };
  if (connection.provider.whoami === undefined) return { hasSession: true };
  const [{ readIdentity }, { openApi }] = await Promise.all([
    import('../../remote/read-identity.ts'),
    import('../open-remote.ts'),
  ]);
  try {
    const { expiresAt } = (await readIdentity(openApi(place, connection), connection.provider)) ?? {};
    return { hasSession: true, ...(expiresAt !== undefined && { sessionEndsAt: expiresAt }) };
  } catch (error) {
    if (!(error instanceof KeysError) || error.failure.exit === 'interrupted') throw error;
    return { hasSession: true };
  }
}
