import { version } from '../../package.json';
import type { FoundToken, TokenOwner } from '../accounts/tokens/sources.ts';
import { emptyVariables, findToken } from '../accounts/tokens/sources.ts';
import { KeysError } from '../base/errors.ts';
import { Secret } from '../base/secret.ts';
import { createHttpClient } from '../http/client.ts';
import type { Environment } from '../platform/env.ts';
import { Api } from '../remote/api.ts';
import { RemoteBackend } from '../remote/remote-backend.ts';
import type { App } from './app.ts';
import type { Connection } from './connection.ts';

/** Whose token is wanted: a profile at an origin. A profile whose URL moved elsewhere has none there. */
export function ownerOf({ profile, url }: Connection): TokenOwner {
  return {
    profile: profile.name,
    origin: url.origin,
    ...(profile.tokenCommand && { tokenCommand: profile.tokenCommand }),
    ...(profile.store && { store: profile.store }),
  };
}

/** The session token of a connection, or undefined where nobody has logged in. */
export function tokenOf(app: App, connection: Connection): Promise<FoundToken | undefined> {
  return findToken(ownerOf(connection), app.tokenContext);
}

/** The API behind a connection. The token is looked up at the first call, unless one is given. */
export function openApi(app: App, connection: Connection, given?: Secret): Api {
  const { profile, provider, url, options } = connection;
  const http = createHttpClient({
    origin: url.origin,
    env: app.io.env,
    version,
    timeout: app.timeout,
    interrupt: app.stop,
    ...(app.debugs && { trace: (line: string) => app.debug(line) }),
    now: () => app.now,
  });
  app.atEnd(() => http.close());
  let token = given && Promise.resolve(given);
  return new Api({
    provider,
    profile: profile.name,
    url,
    options,
    token: () => {
      token ??= requireToken(app, connection);
      return token;
    },
    http,
    timeout: app.timeout,
    now: () => app.now,
    patience: app.timeout * 20,
    askSecret: (name) => askSecret(app, name, provider.secrets?.[name]?.help ?? 'the one-time password'),
  });
}

/** The keys behind a connection. */
export function openRemote(app: App, connection: Connection, given?: Secret): RemoteBackend {
  const { provider } = connection;
  return new RemoteBackend(
    provider,
    openApi(app, connection, given),
    () => app.now,
    (text) => app.warn(text),
  );
}

async function requireToken(app: App, connection: Connection): Promise<Secret> {
  const found = await tokenOf(app, connection);
  if (!found) throw notLoggedIn(connection, app.io.env);
  await app.debug(`session token from ${found.source}`);
  return found.token;
}

function notLoggedIn({ profile, url }: Connection, env: Environment): KeysError {
  const { name, provider, tokenOrigin = url.origin } = profile;
  const [empty] = emptyVariables(env);
  const moved =
    tokenOrigin === url.origin ? '' : `; its token is for ${tokenOrigin}, and is not sent elsewhere`;
  return new KeysError({
    code: 'not_logged_in',
    message: `${empty === undefined ? '' : `${empty} is set but empty, and `}not logged in: no session token for the profile ${name} at ${url.origin}${moved}`,
    hints: [`keys login --profile ${name} --provider ${provider} --url ${url.href}`, 'or set KEYS_TOKEN'],
  });
}

/** A secret that a single call wants: from `KEYS_<NAME>`, else from a masked prompt. */
async function askSecret(app: App, name: string, help: string): Promise<Secret> {
  const variable = `KEYS_${name.toUpperCase()}`;
  const given = app.io.env[variable];
  if (given) return new Secret(given);
  if (app.interactive) return app.askSecret(help);
  throw new KeysError({
    code: 'secret_needed',
    message: `the API wants ${help} for this call, and ${given === '' ? `${variable} is set but empty` : 'it cannot be asked for: not a terminal'}`,
    hints: [`set ${variable}`],
  });
}
