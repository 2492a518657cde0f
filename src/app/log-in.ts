import { setCurrentProfile, writeProfile } from '../accounts/config.ts';
import type { Profile } from '../accounts/profile.ts';
import { checkProfileName, localProvider } from '../accounts/profile.ts';
import { openStore } from '../accounts/tokens/token-store.ts';
import { isStop, KeysError, usageError } from '../base/errors.ts';
import type { Secret } from '../base/secret.ts';
import { shellWord } from '../base/shell-word.ts';
import { agentIn, setting } from '../platform/env.ts';
import { findProvider } from '../providers/catalog.ts';
import { forgetNames } from './completion/name-cache.ts';
import type { Connection } from './connection.ts';
import { openConnection } from './connection.ts';
import type { Context } from './context.ts';
import type { OwnCredentials } from './open-remote.ts';
import { openRemote, ownerOf } from './open-remote.ts';
import { removeEarlierToken } from './stored-token.ts';
import { unknownProvider } from './unknown-provider.ts';

type Options = Record<string, string>;

/** The connection to log in to. Prompts for what flags, environment and profile leave open. */
export async function chooseConnection(
  context: Context,
  options: Options,
  checksUrl: boolean,
): Promise<Connection> {
  const profile = await chooseProfile(context);
  checkProfileName(profile.name);
  if (profile.name === localProvider.id) {
    throw usageError(
      `the profile ${profile.name} is the embedded authority; choose another name with --profile`,
    );
  }
  const provider = await findProvider(profile.provider, context.paths.providers);
  if (!provider) throw await unknownProvider(profile.provider, context.paths.providers);
  const settings: Options = { ...profile.options, ...options };
  let { url } = profile;
  if (context.interactive) {
    const { chooseUrl } = await import('./login-wizard.ts');
    const isDeclared = provider.url !== undefined && (url ?? provider.url) === provider.url;
    if (!isDeclared) url = await chooseUrl(context, provider, { proposed: url, isChecked: checksUrl });
    for (const [name, { help, required }] of Object.entries(provider.options ?? {})) {
      if (required && !settings[name]) settings[name] = await context.ask(help);
    }
  }
  return openConnection({ ...profile, url, options: settings }, context.paths.providers, context.io.env);
}

/** Whether flags and environment leave open what to log in to. */
function isUnnamed({ globals, io: { env } }: Context): boolean {
  const { profile, provider, url } = globals;
  const variables = ['KEYS_PROFILE', 'KEYS_PROVIDER', 'KEYS_URL'] as const;
  return [profile, provider, url, ...variables.map((name) => setting(env, name))].every(
    (value) => value === undefined,
  );
}

async function chooseProfile(context: Context): Promise<Profile> {
  const { globals } = context;
  const isForPerson = context.interactive && !globals.yes && agentIn(context.io.env) === undefined;
  if (isForPerson && isUnnamed(context)) {
    return (await import('./login-wizard.ts')).chooseLogin(context);
  }
  const profile = await context.profile();
  if (profile.provider !== localProvider.id) return profile;
  const isLocalWanted = globals.provider === localProvider.id;
  if (isLocalWanted || !context.interactive) {
    throw usageError(
      isLocalWanted
        ? 'the embedded authority needs no login'
        : `no provider given, and cannot prompt: ${context.promptObstacle}`,
      'keys login --provider ID --with-token',
      'keys provider list',
    );
  }
  const { chooseProvider } = await import('./choose-operands.ts');
  const { id: provider } = await chooseProvider(context);
  return { name: globals.profile ?? provider, provider, url: globals.url ?? null };
}

export async function readSessionToken(
  context: Context,
  fromStdin: boolean,
  provider: string,
): Promise<Secret> {
  if (fromStdin) return context.readSecret();
  if (context.interactive) return context.askSecret(`Session token for ${provider}`);
  throw usageError(
    `cannot prompt for the session token: ${context.promptObstacle}`,
    'keys login --with-token < token.txt',
  );
}

/** What a login stores: the session token and the kept secrets of the provider. */
export type LoginCredentials = Required<OwnCredentials>;

/** Lists the keys once. Throws `KeysError` (4) for credentials that the API rejects. */
export async function requireAccepted(
  context: Context,
  connection: Connection,
  credentials: LoginCredentials,
): Promise<void> {
  try {
    await openRemote(context, connection, credentials).list();
  } catch (error) {
    if (!(error instanceof KeysError) || error.failure.httpStatus !== 401) throw error;
    // The token endpoint says why.
    if (error.failure.code === 'exchange_refused')
      throw new KeysError({ ...error.failure, message: `${error.message}; nothing was stored` });
    const names = ['session token', ...credentials.secrets.keys()].join(' or ');
    throw new KeysError({
      ...error.failure,
      message: `${connection.url.origin} rejects this ${names}; nothing was stored`,
      hints: ['get a new token from the provider', 'or store it unchecked with --no-verify'],
    });
  }
}

/** Where the token is to be kept: without a usable keychain, in a file only if a person says so. */
export async function chooseStore(context: Context, connection: Connection): Promise<'keychain' | 'file'> {
  try {
    await openStore('keychain', context.tokenContext).read(ownerOf(connection));
    return 'keychain';
  } catch (error) {
    if (!(error instanceof KeysError) || isStop(error)) throw error;
    await context.warn(error.message);
    const answers = ['no, store nothing', 'yes, in a file (--store file)'] as const;
    if (await context.confirm('Keep the token in a file that only you can read?', answers)) return 'file';
    const { hints = [] } = withWholeProfile(error, connection).failure;
    throw new KeysError({ code: 'declined', message: 'declined: nothing was stored', hints, cause: error });
  }
}

/** Stores the credentials, removes those that they supersede, and makes the profile the current one. */
export async function storeLogin(
  context: Context,
  connection: Connection,
  { token, secrets }: LoginCredentials,
  kind: 'keychain' | 'file',
): Promise<Profile> {
  const { profile, url } = connection;
  context.startMutation();
  const store = openStore(kind, context.tokenContext);
  const owner = ownerOf(connection);
  const keptSecrets = [...secrets.keys()];
  try {
    await store.write(owner, token);
    for (const [secret, value] of secrets) await store.write({ ...owner, secret }, value);
  } catch (error) {
    throw error instanceof KeysError ? withWholeProfile(error, connection) : error;
  }
  await removeEarlierToken(context, connection, kind, keptSecrets);
  // From now on the stored token counts, not the program that printed one before.
  const { name, tokenCommand: _, keptSecrets: __, ...settings } = profile;
  const storedSettings = {
    ...settings,
    url: url.href.replace(/\/$/, ''),
    store: kind,
    tokenOrigin: url.origin,
    ...(keptSecrets.length > 0 && { keptSecrets }),
  };
  await writeProfile(context.paths.configFile, name, storedSettings);
  await setCurrentProfile(context.paths.configFile, name);
  forgetNames(context.io, name);
  return { ...profile, ...storedSettings };
}

/** A store that fails suggests another one for the profile, which does not exist yet: the hint then names all of it. */
function withWholeProfile(error: KeysError, { profile, provider, url, options }: Connection): KeysError {
  const { failure } = error;
  const flags = [
    `--profile ${profile.name} --provider ${provider.id} --url ${url.href}`,
    ...Object.entries(options).map(([name, value]) => `--option ${shellWord(`${name}=${value}`)}`),
  ].join(' ');
  const hints = failure.hints?.map((hint) => hint.replace(`--profile ${profile.name}`, () => flags));
  return new KeysError({ ...failure, ...(hints && { hints }), cause: error });
}
