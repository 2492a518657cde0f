import { version } from '../../package.json';
import { findSecret } from '../accounts/tokens/find-secret.ts';
import type { FoundToken } from '../accounts/tokens/find-token.ts';
import { emptyVariables, findToken } from '../accounts/tokens/find-token.ts';
import type { TokenOwner } from '../accounts/tokens/token-context.ts';
import { KeysError } from '../base/errors.ts';
import type { Secret } from '../base/secret.ts';
import type { HttpClient } from '../http/client.ts';
import { createHttpClient } from '../http/client.ts';
import type { Environment } from '../platform/env.ts';
import { secretVariable } from '../platform/env.ts';
import { Api } from '../remote/api.ts';
import { RemoteBackend } from '../remote/remote-backend.ts';
import type { Connection } from './connection.ts';
import type { Context } from './context.ts';

/** The owner of a session token: a profile at an origin. If the URL of the profile moves to another origin, it has none there. */
export function ownerOf({ profile, url }: Connection): TokenOwner {
  return {
    profile: profile.name,
    origin: url.origin,
    ...(profile.tokenCommand && { tokenCommand: profile.tokenCommand }),
    ...(profile.store && { store: profile.store }),
  };
}

/** The session token of a connection; undefined: not logged in. */
export function tokenOf(context: Context, connection: Connection): Promise<FoundToken | undefined> {
  return context.waitFor('reading the session token', () =>
    findToken(ownerOf(connection), context.tokenContext),
  );
}

/** Credentials in place of the stored ones. */
export interface OwnCredentials {
  token: Secret;
  /** By name. */
  secrets?: ReadonlyMap<string, Secret>;
}

/** The API behind a connection. Without credentials of its own, they are looked up at the first call that needs them. */
export function openApi(context: Context, connection: Connection, own?: OwnCredentials): Api {
  const { profile, provider, url, options } = connection;
  const clients = new Map<string, HttpClient>();
  const httpAt = (origin: string) => {
    const http = clients.get(origin) ?? openHttp(context, origin);
    clients.set(origin, http);
    return http;
  };
  let token = own && Promise.resolve(own.token);
  return new Api({
    provider,
    profile: profile.name,
    url,
    options,
    token: () => {
      token ??= requireToken(context, connection);
      return token;
    },
    http: httpAt(url.origin),
    httpAt,
    timeoutMs: context.timeout,
    now: () => context.now,
    listTimeoutMs: context.timeout * 20,
    askSecret: async (name) => own?.secrets?.get(name) ?? (await askSecret(context, connection, name)),
  });
}

/** A client for one origin; closed when the command ends. */
export function openHttp(context: Context, origin: string): HttpClient {
  const http = createHttpClient({
    origin,
    env: context.io.env,
    version,
    timeoutMs: context.timeout,
    signal: context.interruption.stop,
    asked: context.interruption.asked,
    ...(context.debugs && { trace: (line: string) => context.debug(line) }),
    now: () => context.now,
  });
  context.atEnd(() => http.close());
  const what = `waiting for ${new URL(origin).host}`;
  return {
    ...http,
    send: (request) => context.waitFor(what, () => http.send(request)),
    pause: (milliseconds) => context.waitFor(what, () => http.pause(milliseconds)),
  };
}

/** The keys behind a connection. */
export function openRemote(context: Context, connection: Connection, own?: OwnCredentials): RemoteBackend {
  const { provider } = connection;
  return new RemoteBackend(
    provider,
    openApi(context, connection, own),
    () => context.now,
    (text) => context.warn(text),
  );
}

async function requireToken(context: Context, connection: Connection): Promise<Secret> {
  const foundToken = await tokenOf(context, connection);
  if (!foundToken) throw notLoggedIn(connection, context.io.env);
  await context.debug(`session token from ${foundToken.source}`);
  return foundToken.token;
}

export function notLoggedIn({ profile, url }: Connection, env: Environment): KeysError {
  const { name, provider, tokenOrigin = url.origin } = profile;
  const [empty] = emptyVariables(env);
  const cause = empty === undefined ? 'no' : `${empty} is set but empty, and there is no`;
  const originNote =
    tokenOrigin === url.origin ? '' : `; its token is for ${tokenOrigin}, and is not sent elsewhere`;
  return new KeysError({
    code: 'not_logged_in',
    message: `not logged in: ${cause} session token for the profile ${name} at ${url.origin}${originNote}`,
    hints: [`keys login --profile ${name} --provider ${provider} --url ${url.href}`, 'or set KEYS_TOKEN'],
  });
}

/** A secret that a call needs: from `KEYS_<NAME>`, from the store if it is kept there, or else from a masked prompt. */
async function askSecret(context: Context, connection: Connection, name: string): Promise<Secret> {
  const secret = connection.provider.secrets?.[name];
  const help = secret?.help ?? 'the one-time password';
  const isKept = secret?.keep === true;
  const foundSecret = await findSecret({ name, isKept }, ownerOf(connection), context.tokenContext);
  if (foundSecret) return foundSecret.secret;
  if (context.interactive) return context.askSecret(help);
  const variable = secretVariable(name);
  const reason =
    context.io.env[variable] === ''
      ? `${variable} is set but empty`
      : `keys cannot prompt: ${context.promptObstacle}`;
  throw new KeysError({
    code: 'secret_needed',
    message: `the API requires ${help} for this call, and ${reason}`,
    hints: [
      `set ${variable}`,
      ...(secret?.keep ? [`or store it: keys login --profile ${connection.profile.name}`] : []),
    ],
  });
}
