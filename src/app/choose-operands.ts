import { localProvider } from '../accounts/profile.ts';
import { KeysError, usageError } from '../base/errors.ts';
import { shown } from '../base/sanitise.ts';
import { inConsole } from '../keys/capability-check.ts';
import type { Key } from '../keys/key.ts';
import { relativeTime } from '../output/relative-time.ts';
import type { Column } from '../output/table.ts';
import * as value from '../output/views/key-values.ts';
import type { Context } from './context.ts';

/** What an operand may be, beside its kind. */
export interface OperandChoice {
  kind: string;
  several: boolean;
  /** Absent: all, but of keys those that are not revoked. */
  offers: ((id: string, key?: Key) => boolean) | undefined;
  /** For sessions: the authority's database, if not the profile's. */
  db: string | undefined;
}

/** The ids or names that a person chooses for an operand that was left out. Throws `KeysError` (3) if there are none. */
export async function chooseOperands(context: Context, choice: OperandChoice): Promise<string[]> {
  if (choice.kind === 'key') return chooseKeys(context, choice);
  if (choice.kind === 'session') return chooseSession(context, choice.db);
  if (choice.kind === 'profile') return chooseProfile(context, choice);
  return [(await chooseProvider(context, [localProvider])).id];
}

async function chooseKeys(
  context: Context,
  { several, offers = isUnrevoked }: OperandChoice,
): Promise<string[]> {
  const keys = await context.keys();
  const offered = keys.filter((key) => offers(key.id, key));
  const { name: profile, provider } = await context.profile();
  const place = profile === provider ? profile : `${profile} (${provider})`;
  if (offered.length === 0) throw await noKeys(context, place, keys.length);
  const chosen = await context.pick(`Which ${several ? 'keys' : 'key'} of ${place}?`, {
    rows: offered,
    columns: keyColumns,
    search: ({ name, id, description, labels = {} }) => [
      name,
      id,
      description ?? '',
      Object.entries(labels).flat().join(' '),
    ],
    name: ({ name, id }) => (name.trim() === '' ? id : name),
    describe: ({ description, labels = {} }) =>
      [description, ...Object.entries(labels).map((label) => label.join('='))].filter(Boolean).join('  '),
    several,
  });
  return chosen.map(({ id }) => id);
}

function isUnrevoked(_: string, key?: Key): boolean {
  return key?.status !== 'revoked';
}

async function noKeys(context: Context, place: string, revokedCount: number): Promise<KeysError> {
  const { capabilities } = await context.backend();
  const creation = capabilities.create ? ['keys create'] : inConsole('create a key', capabilities);
  return new KeysError({
    code: 'no_such_key',
    message: revokedCount > 0 ? `no key of ${place} comes into question` : `${place} has no keys`,
    hints: revokedCount > 0 ? ['keys list --status all', ...creation] : creation,
  });
}

/** An id is long, and its beginning names the key as well. */
const shortIdLength = 8;

const keyColumns: readonly Column<Key>[] = [
  { header: 'NAME', text: ({ name }) => shown(name), rank: 0, shrinkTo: 12 },
  { header: 'ID', text: shortId, rank: 3 },
  { header: 'STATUS', text: value.status, rank: 1 },
  { header: 'EXPIRES', text: expiry, rank: 2 },
];

function shortId({ id }: Key): string {
  return id.length > shortIdLength + 1 ? `${shown(id.slice(0, shortIdLength))}…` : shown(id);
}

function expiry({ expiresAt, status }: Key, { now }: { now: Date }): string {
  if (expiresAt === undefined || status === 'revoked') return '';
  if (expiresAt === null) return 'never expires';
  return `${status === 'expired' ? 'expired' : 'expires'} ${relativeTime(expiresAt, now)}`;
}

async function chooseProfile(context: Context, { offers = () => true }: OperandChoice): Promise<string[]> {
  const { profiles, currentProfile = localProvider.id } = await context.config();
  const all = { [localProvider.id]: { provider: localProvider.id, url: null }, ...profiles };
  const rows = Object.entries(all)
    .map(([name, { provider, url }]) => ({ name, provider, url: url ?? '' }))
    .filter(({ name }) => offers(name));
  if (rows.length === 0) throw usageError('there is no stored profile', 'keys login');
  const [chosen] = await context.pick('Which profile?', {
    rows,
    columns: [
      { header: 'NAME', text: ({ name }) => shown(name), rank: 0, shrinkTo: 12 },
      { header: 'CURRENT', text: ({ name }) => (name === currentProfile ? 'current' : ''), rank: 1 },
      { header: 'PROVIDER', text: ({ provider }) => shown(provider), rank: 2 },
      { header: 'URL', text: ({ url }) => shown(url), rank: 3, shrinkTo: 16 },
    ],
    search: ({ name, provider, url }) => [name, provider, url],
    name: ({ name }) => name,
  });
  return chosen ? [chosen.name] : [];
}

/** What is shown of a provider. */
interface NamedProvider {
  id: string;
  name: string;
  url?: string | undefined;
  note?: string | undefined;
}

/** Warns of files that are not valid. */
export async function allNamedProviders(context: Context): Promise<readonly NamedProvider[]> {
  const { allProviders } = await import('../providers/catalog.ts');
  return allProviders(context.paths.providers, ({ message, failure: { hints = [] } }) =>
    context.warn([message, ...hints].join('; ')),
  );
}

/** One of the providers that can be logged in to, or of those that come first. */
export async function chooseProvider(
  context: Context,
  first: readonly NamedProvider[] = [],
): Promise<NamedProvider> {
  const providers = await allNamedProviders(context);
  const [chosen = localProvider] = await context.pick('Which provider?', {
    rows: [...first, ...providers],
    columns: providerColumns,
    search: ({ id, name, note = '' }) => [name, id, note],
    name: ({ name }) => name,
    describe: ({ note }) => note,
  });
  return chosen;
}

const providerColumns: readonly Column<NamedProvider>[] = [
  { header: 'NAME', text: ({ name }) => shown(name), rank: 0, shrinkTo: 12 },
  { header: 'ID', text: ({ id }) => id, rank: 1 },
  { header: 'URL', text: ({ url = '' }) => shown(url), rank: 2, shrinkTo: 20 },
];

async function chooseSession(context: Context, db: string | undefined): Promise<string[]> {
  const { openAuthority } = await import('./open-authority.ts');
  const authority = await openAuthority(context, db);
  const sessions = await authority.sessions.list();
  const rows = sessions.filter(({ status }) => status === 'active');
  if (rows.length === 0) throw usageError('no session is active', 'keys session list --ended');
  const [chosen] = await context.pick('Which session?', {
    rows,
    columns: [
      { header: 'USER', text: ({ user }) => shown(user), rank: 0, shrinkTo: 12 },
      { header: 'ROLE', text: ({ role }) => role, rank: 1 },
      { header: 'ID', text: ({ id }) => shown(id), rank: 3 },
      {
        header: 'EXPIRES',
        text: ({ expiresAt }, { now }) =>
          expiresAt === null ? 'never expires' : `expires ${relativeTime(expiresAt, now)}`,
        rank: 2,
      },
    ],
    search: ({ user, id, role }) => [user, id, role],
    name: ({ id, user }) => `${user} ${id}`,
  });
  return chosen ? [chosen.id] : [];
}
