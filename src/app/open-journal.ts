import type { Profile } from '../accounts/profile.ts';
import { localProvider } from '../accounts/profile.ts';
import type { Escrows } from '../journal/escrow.ts';
import { fileEscrow, keychainEscrow } from '../journal/escrow.ts';
import type { JournalOptions } from '../journal/journal.ts';
import { openJournal, resumeOperation } from '../journal/journal.ts';
import type { OnUnreadable, OperationSelection } from '../journal/operations.ts';
import { listOperations } from '../journal/operations.ts';
import type { OperationIssuer } from '../keys/operations/issuer.ts';
import { keySubject } from '../keys/operations/issuer.ts';
import type { Header, OpenOperation, Setting } from '../keys/operations/open-operation.ts';
import type { Journal, Operation } from '../keys/operations/operation.ts';
import { rotationSubject } from '../keys/rotation/rotation.ts';
import { mayHaveKeychain } from '../platform/keychain/may-have-keychain.ts';
import { makePrivateFolder } from '../platform/paths.ts';
import type { Context } from './context.ts';

/** The journal for this command's profile. `db` is the authority's file, if not the profile's. */
export async function openJournalOf(context: Context, db?: string): Promise<Journal> {
  return openJournal(journalOptions(context, await context.profile()), await settingOf(context, db));
}

/** Existing operations need no profile: each remembers its escrow. */
export function journalOptions(context: Context, profile?: Profile): JournalOptions {
  return {
    folder: context.paths.operations,
    escrows: escrowsOf(context, profile),
    now: () => context.now,
    makeFolder: makePrivateFolder,
    warn: (text) => context.warn(text),
    onBegun: (header) => headersOf(context).set(`${header.id}.jsonl`, header),
  };
}

const headers = new WeakMap<Context, Map<string, Header>>();

/** The headers of operations that this command has read or written, by file name: for who lists them again and again. */
export function headersOf(context: Context): Map<string, Header> {
  const known = headers.get(context) ?? new Map<string, Header>();
  headers.set(context, known);
  return known;
}

/** The keychain, or a file if the profile allows one. */
function escrowsOf(context: Context, profile: Profile | undefined): Escrows {
  const { env } = context.io;
  return {
    keychain: async () => {
      const { openKeychain } = await import('../platform/keychain/open-keychain.ts');
      return keychainEscrow(openKeychain({ service: 'escrow', env, interactive: context.interactive }));
    },
    file: async () => fileEscrow(context.paths.escrow, makePrivateFolder),
    allowed: [
      ...(mayHaveKeychain(env) ? (['keychain'] as const) : []),
      ...(profile?.escrow === 'file' ? (['file'] as const) : []),
    ],
  };
}

/**
 * Every open operation of this installation and all its profiles, the oldest first. Warns of unreadable files, unless
 * `onUnreadable` is given.
 */
export function openOperations(
  context: Context,
  onUnreadable = warningOf(context),
  selection?: OperationSelection,
): Promise<OpenOperation[]> {
  return listOperations(journalOptions(context), onUnreadable, selection);
}

export function warningOf(context: Context): OnUnreadable {
  return ({ failure }) => context.warnOnce(failure.message);
}

/** Takes an operation for this process; undefined if another process is working on it, or has ended it. */
export function claim(
  context: Context,
  operation: OpenOperation,
  lockTimeoutMs?: number,
): Promise<Operation | undefined> {
  return resumeOperation(journalOptions(context), operation, lockTimeoutMs);
}

/** What can list and revoke what an operation created: in its own profile, whichever one this command works with. */
export async function issuerOf(context: Context, { plan, setting }: Header): Promise<OperationIssuer> {
  if (plan.kind === 'session') {
    const { openAuthority, sessionIssuer, sessionSubject } = await import('./open-authority.ts');
    const { sessions } = await openAuthority(context, setting.db ?? context.paths.authorityDatabase);
    return { issuer: sessionIssuer(sessions), subject: sessionSubject };
  }
  const backend = await (await contextOf(context, setting)).backend();
  const subject = plan.kind === 'rotate' ? rotationSubject : keySubject;
  return { issuer: backend, backend, subject };
}

/** A token in the environment is for the profile of this command: it must not reach another API. */
async function contextOf(context: Context, { profile, provider, url }: Setting): Promise<Context> {
  const own = await context.profile();
  const connection = await context.connection();
  const ownUrl = connection ? connection.url.href : own.url;
  if (own.name === profile && own.provider === provider && ownUrl === url) return context;
  // Another database may be the default by now.
  const database = provider === localProvider.id ? context.paths.authorityDatabase : undefined;
  return context.forProfile({ profile, provider, url: url ?? database });
}

export async function settingOf(context: Context, db?: string): Promise<Setting> {
  const profile = await context.profile();
  const connection = db === undefined ? await context.connection() : undefined;
  const database = db === undefined ? profile.url : null;
  return {
    profile: profile.name,
    provider: profile.provider,
    url: connection ? connection.url.href : database,
    cwd: context.io.cwd,
    ...(db !== undefined && { db }),
  };
}
