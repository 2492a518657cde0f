import type { Profile } from '../accounts/profile.ts';
import { isProfileName, localProvider, profileNameRule } from '../accounts/profile.ts';
import { isStop, KeysError } from '../base/errors.ts';
import { shown } from '../base/sanitise.ts';
import { parseBaseUrl } from '../http/base-url.ts';
import type { Provider } from '../providers/declaration/provider.ts';
import { urlBelow } from '../remote/api-url.ts';
import { allNamedProviders, chooseProvider } from './choose-operands.ts';
import type { Connection } from './connection.ts';
import type { Context } from './context.ts';
import { openHttp } from './open-remote.ts';

/* What `keys login` asks a person before it asks for the session token. */

/** A profile to log in to again, or a new one of a provider. */
export async function chooseLogin(context: Context): Promise<Profile> {
  const { profiles, currentProfile } = await context.config();
  const stored = Object.entries(profiles)
    .filter(([, { provider }]) => provider !== localProvider.id)
    .map(([name, profile]) => ({ ...profile, name }))
    .sort((one, other) => Number(other.name === currentProfile) - Number(one.name === currentProfile));
  if (stored.length === 0) {
    const { id } = await chooseProvider(context);
    return { name: id, provider: id, url: null };
  }
  const providers = await allNamedProviders(context);
  const [chosen] = await context.pick('Log in to which profile or provider?', {
    rows: [
      ...stored.map((profile) => ({ ...profile, profile, note: undefined })),
      ...providers.map(({ id, name, note }) => ({ profile: undefined, name, provider: id, url: null, note })),
    ],
    columns: [
      { header: 'NAME', text: ({ name }) => shown(name), rank: 0, shrinkTo: 12 },
      { header: 'KIND', text: ({ profile }) => (profile ? 'profile' : 'new'), rank: 1 },
      { header: 'PROVIDER', text: ({ provider }) => shown(provider), rank: 2 },
      { header: 'URL', text: ({ url }) => shown(url ?? ''), rank: 3, shrinkTo: 16 },
    ],
    search: ({ name, provider, url, note }) => [name, provider, url ?? '', note ?? ''],
    name: ({ name }) => name,
    describe: ({ note }) => note,
  });
  if (chosen?.profile) return chosen.profile;
  const provider = chosen?.provider ?? '';
  const taken = new Set([...stored.map(({ name }) => name), localProvider.id]);
  return { name: await askProfileName(context, provider, taken), provider, url: null };
}

/** The provider's own name, if no other profile has it. */
async function askProfileName(
  context: Context,
  provider: string,
  taken: ReadonlySet<string>,
): Promise<string> {
  if (!taken.has(provider)) return provider;
  for (let number = 2; ; ) {
    while (taken.has(`${provider}-${number}`)) number += 1;
    const name = (await context.ask('Name of the new profile', `${provider}-${number}`)).trim();
    if (isProfileName(name) && !taken.has(name)) return name;
    await context.warn(
      taken.has(name)
        ? `there is a profile '${name}'`
        : `'${name}' cannot be the name of a profile: ${profileNameRule}`,
    );
  }
}

/**
 * A URL at which the API answers, unless that is not checked or the person insists on it. `proposed`: by a flag or the
 * profile; null: none.
 */
export async function chooseUrl(
  context: Context,
  provider: Provider,
  { proposed, isChecked }: { proposed: string | null; isChecked: boolean },
): Promise<string> {
  for (let candidate = proposed; ; candidate = null) {
    const text = candidate ?? (await askUrl(context, provider));
    const url = candidate === null ? await parsedOrWarned(context, text) : parseBaseUrl(text);
    if (!url) continue;
    if (!isChecked) return text;
    const problem = await problemAt(context, provider, url);
    if (problem === undefined) return text;
    const other = await answeringBelow(context, provider, url);
    await context.warn(`${url.href} ${problem}`);
    const answer = await context.choose('Which URL?', [
      ...(other ? [{ value: 'other', name: `${other.href}, which answers like ${provider.name}` }] : []),
      { value: 'ask', name: 'enter another one' },
      { value: 'keep', name: `use ${url.href} all the same` },
    ]);
    if (answer === 'other' && other) return other.href;
    if (answer === 'keep') return text;
  }
}

async function askUrl(context: Context, { name, usualPath }: Provider): Promise<string> {
  const ending = usualPath === undefined ? '' : ` (it usually ends in ${usualPath})`;
  return (await context.ask(`URL of ${name}${ending}`)).trim();
}

async function parsedOrWarned(context: Context, text: string): Promise<URL | undefined> {
  try {
    return parseBaseUrl(text);
  } catch (error) {
    if (!(error instanceof KeysError)) throw error;
    for (const problem of error.failure.problems ?? [error.message]) await context.warn(problem);
    return undefined;
  }
}

/** The URL with the path that the provider usually has, if the API answers there. */
async function answeringBelow(context: Context, provider: Provider, url: URL): Promise<URL | undefined> {
  const { usualPath } = provider;
  if (usualPath === undefined || url.pathname.replace(/\/$/, '').endsWith(usualPath)) return undefined;
  const below = urlBelow(url, usualPath);
  return (await problemAt(context, provider, below)) === undefined ? below : undefined;
}

/**
 * What suggests that the API is not there, asked without a token; undefined: nothing does. An API may answer as it likes
 * to a caller without a token, so only a failure to connect, a missing path and a web page count.
 */
async function problemAt(context: Context, { list }: Provider, url: URL): Promise<string | undefined> {
  const path = list.get === undefined || /\{/.test(list.get) ? undefined : list.get;
  try {
    const http = openHttp(context, url.origin);
    const { status, headers } = await http.send({
      method: 'GET',
      url: path === undefined ? url : urlBelow(url, path),
      headers: { Accept: 'application/json' },
      repeatable: false,
    });
    if (status === 401 || status === 403) return undefined;
    if (status >= 500) return `answers with the status ${status}`;
    if (/^text\/html\b/i.test(headers['content-type'] ?? '')) return 'answers with a web page';
    return status === 404 && path !== undefined ? `has nothing at ${path}` : undefined;
  } catch (error) {
    if (!(error instanceof KeysError) || isStop(error)) throw error;
    return `does not answer: ${error.message}`;
  }
}

/** Says where session tokens are created, and opens that page if the person wants it. `opens`: the answer, if it is known. */
export async function offerTokenPage(
  context: Context,
  { provider, url }: Connection,
  opens: boolean | undefined,
): Promise<void> {
  const page = provider.page?.tokens;
  // Another installation has its own page.
  if (page === undefined || provider.url === undefined || url.origin !== new URL(provider.url).origin) return;
  await context.note(`session tokens of ${provider.name} are created at ${page}`);
  const isWanted =
    opens ??
    (await context.choose('Open that page?', [
      { value: 'no', name: 'no, the token is at hand' },
      { value: 'yes', name: 'yes, in the browser' },
    ])) === 'yes';
  if (!isWanted) return;
  const { openPage } = await import('../platform/open-page.ts');
  if (!(await openPage(page, context.io.env))) await context.warn(`no browser could be opened; open ${page}`);
}
