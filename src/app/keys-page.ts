import type { Profile } from '../accounts/profile.ts';
import { isEmbedded } from '../accounts/profile.ts';
import { usageError } from '../base/errors.ts';
import { agentIn, ciIn } from '../platform/env.ts';
import { openPage } from '../platform/open-page.ts';
import { findProvider } from '../providers/catalog.ts';
import type { Provider } from '../providers/declaration/provider.ts';
import type { Context } from './context.ts';
import { unknownProvider } from './unknown-provider.ts';

/** The web page on which a profile's provider lists its keys. Throws `KeysError` (2) if it has none. */
export async function keysPage(context: Context): Promise<{ profile: Profile; page: string }> {
  const profile = await context.profile();
  if (isEmbedded(profile)) throw usageError('the embedded authority has no web page', 'keys list');
  const folder = context.paths.providers;
  const provider = await findProvider(profile.provider, folder);
  if (!provider) throw await unknownProvider(profile.provider, folder);
  return { profile, page: pageOf(provider, profile) };
}

/** As the URL standard writes it: no character in it has a meaning to a terminal. */
function pageOf({ id, name, url, page, console, docs }: Provider, profile: Profile): string {
  const keys = page?.keys ?? (isWebPage(console) ? console : undefined);
  const [docsUrl] = /https:\/\/\S+/.exec(docs ?? '') ?? [];
  const hint = docsUrl === undefined ? `keys provider show ${id}` : `see the documentation: ${docsUrl}`;
  if (keys === undefined) throw usageError(`${name} declares no web page for its keys`, hint);
  if (url !== undefined && profile.url !== null && new URL(profile.url).origin !== new URL(url).origin)
    throw usageError(
      `the profile ${profile.name} is not at ${url}, so the web page of ${name} is not its own`,
      hint,
    );
  return new URL(keys).href;
}

function isWebPage(text: string | undefined): text is string {
  return text?.startsWith('https://') === true && URL.canParse(text);
}

/** Opens the page for a person at this terminal, and says if that fails. False: nothing was opened. */
export async function openForPerson(context: Context, page: string): Promise<boolean> {
  const { env, stdout } = context.io;
  if (!stdout.isTTY || ciIn(env) !== undefined || agentIn(env) !== undefined) return false;
  if (await openPage(page, env)) return true;
  await context.warn('no browser could be opened');
  return false;
}
