import { setCurrentProfile, writeProfile } from '../../accounts/config.ts';
import type { Profile } from '../../accounts/profile.ts';
import { checkProfileName, localProvider } from '../../accounts/profile.ts';
import type { Connection } from '../../app/connection.ts';
import { openConnection } from '../../app/connection.ts';
import type { Context } from '../../app/context.ts';
import { InvalidValue, KeysError, usageError } from '../../base/errors.ts';
import type { Secret } from '../../base/secret.ts';
import { defineCommand, toggle, value, values } from '../../cli/define.ts';
import { oneOf, readLabel } from '../../cli/read.ts';
import { setting } from '../../platform/env.ts';
import { allProviders, findProvider } from '../../providers/catalog.ts';
import { statusFields, statusResult } from './status.ts';

const flags = {
  withToken: toggle('--with-token', 'read the session token from stdin'),
  store: value(
    '--store <store>',
    'where to keep it: keychain (default) or file',
    oneOf(['keychain', 'file'] as const),
  ),
  noVerify: toggle('--no-verify', 'store it without asking the API first'),
  option: values('--option <name=value>', "a setting of the provider's own; may be repeated", readOption),
};

export const login = defineCommand({
  operands: '',
  summary: 'keep a session token for a profile, after the API has accepted it',
  description: [
    'On a terminal it asks for what is missing; elsewhere it needs --provider, --url where the provider has none of its',
    'own, and --with-token. The profile is named by --profile, else like the provider, and becomes the current one.',
    'The token goes to the keychain of the system; with --store file, to a 0600 file.',
  ].join('\n'),
  examples: [
    'keys login --provider unreal',
    'keys login --provider gitlab --option project=group/app --with-token < token.txt',
    'keys login --profile work --provider riskinmind --url https://api.example.com --store file',
  ],
  flags,
  fields: statusFields,
  async run(context, input) {
    const connection = await askForConnection(context, Object.fromEntries(input.option));
    const { profile, provider, url } = connection;
    const token = await askForToken(context, input.withToken, provider.name);
    if (!input.noVerify) await tryOut(context, connection, token);
    const { openStore } = await import('../../accounts/tokens/token-store.ts');
    const { ownerOf } = await import('../../app/open-remote.ts');
    const kind = input.store ?? profile.store ?? 'keychain';
    const store = openStore(kind, context.tokenContext);

    context.startMutation();
    await store.write(ownerOf(connection), token);
    await forgetEarlier(context, connection, kind);
    // From now on it is the stored token that counts.
    const { name, tokenCommand: _, ...settings } = profile;
    const stored = { ...settings, url: url.href.replace(/\/$/, ''), store: kind, tokenOrigin: url.origin };
    await writeProfile(context.paths.configFile, name, stored);
    await setCurrentProfile(context.paths.configFile, name);
    const place = kind === 'file' ? 'a file that only you can read' : 'the keychain';
    for (const variable of ['KEYS_TOKEN', 'KEYS_TOKEN_FILE'] as const) {
      if (setting(context.io.env, variable))
        await context.warn(`${variable} is set, and goes before the token just stored`);
    }
    await context.note(`logged in: profile ${name} is now the current one, its token is in ${place}`);
    return statusResult(
      { ...connection, profile: { ...profile, ...stored } },
      { source: kind, authenticated: input.noVerify ? null : true },
    );
  },
});

/** The token of an earlier login would stay for good where it is, once the profile points elsewhere. */
async function forgetEarlier(
  context: Context,
  connection: Connection,
  kind: 'keychain' | 'file',
): Promise<void> {
  const { profiles } = await context.config();
  const { name } = connection.profile;
  const earlier = Object.hasOwn(profiles, name) ? profiles[name] : undefined;
  const store = earlier?.store;
  if (!earlier || store === undefined) return;
  const { tokenOrigin, url } = earlier;
  const origins = new Set([tokenOrigin, url === null ? undefined : new URL(url).origin]);
  if (store === kind) origins.delete(connection.url.origin);
  const { openStore } = await import('../../accounts/tokens/token-store.ts');
  try {
    for (const origin of origins)
      if (origin !== undefined)
        await openStore(store, context.tokenContext).remove({ profile: name, origin });
  } catch (error) {
    if (!(error instanceof KeysError)) throw error;
    await context.warn(`an earlier token may still be in the ${store}: ${error.message}`);
  }
}

/** Letters, digits, `_` and `-`, then `=`, then the value. Throws `InvalidValue`. */
function readOption(text: string): [name: string, value: string] {
  const [name, setting] = readLabel(text);
  if (setting === '') throw new InvalidValue(`'${text}' has no value: write NAME=VALUE`);
  return [name, setting];
}

type Options = Record<string, string>;

async function askForConnection(context: Context, given: Options): Promise<Connection> {
  const profile = await chosenProfile(context);
  checkProfileName(profile.name);
  if (profile.name === localProvider.id) {
    throw usageError(
      `the profile ${profile.name} is the embedded authority: choose another name with --profile`,
    );
  }
  const provider = await findProvider(profile.provider, context.paths.providers);
  if (!provider) throw usageError(`there is no provider '${profile.provider}'`, 'keys provider list');
  const options: Options = { ...profile.options, ...given };
  let { url } = profile;
  if (context.interactive) {
    if (url === null && provider.url === undefined) url = await context.ask(`URL of ${provider.name}`);
    for (const [name, { help, required }] of Object.entries(provider.options ?? {})) {
      if (required && !options[name]) options[name] = await context.ask(help);
    }
  }
  return openConnection({ ...profile, url, options }, context.paths.providers, context.io.env);
}

/** The profile to log in to: what flags and environment name, else what is picked. */
async function chosenProfile(context: Context): Promise<Profile> {
  const profile = await context.profile();
  if (profile.provider !== localProvider.id) return profile;
  if (context.globals.provider === localProvider.id || !context.interactive) {
    const problem =
      context.globals.provider === localProvider.id
        ? 'the embedded authority needs no login'
        : 'nothing says which provider to log in to, and nobody can be asked here';
    throw usageError(problem, 'keys login --provider ID --with-token', 'keys provider list');
  }
  const choices = await allProviders(context.paths.providers, ({ message }) => context.warn(message));
  const provider = await context.choose(
    'Which provider?',
    choices.map(({ id, name, note }) => ({
      value: id,
      name,
      ...(note !== undefined && { description: note }),
    })),
  );
  return { name: context.globals.profile ?? provider, provider, url: context.globals.url ?? null };
}

async function askForToken(context: Context, fromStdin: boolean, provider: string): Promise<Secret> {
  if (fromStdin) return context.readSecret();
  if (context.interactive) return context.askSecret(`Session token for ${provider}`);
  throw usageError('nobody can be asked for the token here', 'keys login --with-token < token.txt');
}

/** Reads the keys once: a token that the API does not accept is not stored. */
async function tryOut(context: Context, connection: Connection, token: Secret): Promise<void> {
  const { openRemote } = await import('../../app/open-remote.ts');
  try {
    await openRemote(context, connection, token).list();
  } catch (error) {
    if (!(error instanceof KeysError) || error.failure.httpStatus !== 401) throw error;
    throw new KeysError({
      ...error.failure,
      message: `${connection.url.origin} does not accept this session token: nothing was stored`,
      hints: ['get a new token from the provider', 'or store it unseen with --no-verify'],
    });
  }
}
