import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Profile } from '../accounts/profile.ts';
import { KeysError } from '../base/errors.ts';
import type { Escrows } from '../journal/escrow.ts';
import { fileEscrow, keychainEscrow } from '../journal/escrow.ts';
import type { JournalOptions } from '../journal/journal.ts';
import { openJournal, resumeOperation } from '../journal/journal.ts';
import type { OnUnreadable } from '../journal/operations.ts';
import { listOperations, readOperations } from '../journal/operations.ts';
import type { Key } from '../keys/key.ts';
import { isActive } from '../keys/key.ts';
import type { OperationIssuer } from '../keys/operations/issuer.ts';
import { keySubject } from '../keys/operations/issuer.ts';
import type { Header, OpenOperation, Setting } from '../keys/operations/open-operation.ts';
import type { Journal, Operation, Plan } from '../keys/operations/operation.ts';
import { isWaiting } from '../keys/operations/operation.ts';
import { rotationSubject } from '../keys/rotation/rotation.ts';
import { holdFileLock, probeMs } from '../platform/files/file-lock.ts';
import { mayHaveKeychain } from '../platform/keychain/may-have-keychain.ts';
import { makePrivateFolder } from '../platform/paths.ts';
import type { Context } from './context.ts';

/** The journal of what is done in the profile of this command; `db` is the authority's file, where it is another one. */
export async function openJournalOf(context: Context, db?: string): Promise<Journal> {
  return openJournal(journalOptions(context, await context.profile()), await settingOf(context, db));
}

/** Without a profile, for operations that exist: each remembers its escrow. */
export function journalOptions(context: Context, profile?: Profile): JournalOptions {
  return {
    folder: context.paths.operations,
    escrows: escrowsOf(context, profile),
    now: () => context.now,
    makeFolder: makePrivateFolder,
    warn: (text) => context.warn(text),
  };
}

/** The keychain where there is one, else a file, if the profile says so. */
function escrowsOf(context: Context, profile: Profile | undefined): Escrows {
  const { env } = context.io;
  const { interactive } = context;
  return {
    keychain: async () => {
      const { openKeychain } = await import('../platform/keychain/open-keychain.ts');
      return keychainEscrow(openKeychain({ service: 'escrow', env, interactive }));
    },
    file: async () => fileEscrow(context.paths.escrow, makePrivateFolder),
    allowed: [
      ...(mayHaveKeychain(env) ? (['keychain'] as const) : []),
      ...(profile?.escrow === 'file' ? (['file'] as const) : []),
    ],
  };
}

/**
 * Every operation of this installation that has not ended, the oldest first; also those of other profiles. Files that
 * cannot be read as one are warned of, or as said.
 */
export function openOperations(
  context: Context,
  onUnreadable = warningOf(context),
): Promise<OpenOperation[]> {
  return listOperations(journalOptions(context), onUnreadable);
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
    const { openAuthority, sessionIssuer, aSession } = await import('./open-authority.ts');
    return {
      issuer: sessionIssuer(openAuthority(context, setting.db).sessions),
      subject: aSession,
    };
  }
  const backend = await (await appOf(context, setting)).backend();
  const subject = plan.kind === 'rotate' ? rotationSubject : keySubject;
  return { issuer: backend, backend, subject };
}

/** A token that the environment holds is for the profile of this command: no other API gets to see it. */
async function appOf(context: Context, { profile, provider, url }: Setting): Promise<Context> {
  const own = await context.profile();
  const connection = await context.connection();
  const isOwn = own.name === profile && own.provider === provider && (connection?.url.href ?? null) === url;
  return isOwn ? context : context.forProfile({ profile, provider, url: url ?? undefined });
}

/**
 * Refuses to make a key of a name whose last making stopped halfway (5): its secret waits, or nobody has it. What else
 * is unfinished is a warning.
 */
export async function requireFinished(context: Context, name: string): Promise<void> {
  const own = await settingOf(context);
  for (const operation of await openOperations(context)) {
    const { id, plan, setting } = operation.header;
    if (isWaiting(operation)) continue;
    const taken = await claim(context, operation, 0);
    // Another process is at work on it, and will finish it.
    if (!taken) continue;
    await taken.leave();
    if (isSamePlace(setting, own) && plan.kind !== 'session' && plan.name === name)
      throw unfinished(id, plan);
    await context.warn(
      `the ${plan.kind} of ${plan.name} (${setting.profile}) is unfinished: keys recover ${id}`,
    );
  }
}

/** What has been begun here to rotate keys of this name, and has not ended; the oldest first. */
export async function rotationsOf(context: Context, name: string): Promise<OpenOperation[]> {
  if (!existsSync(context.paths.operations)) return [];
  const own = await settingOf(context);
  return (await openOperations(context)).filter(
    ({ header: { plan, setting } }) =>
      plan.kind === 'rotate' && plan.name === name && isSamePlace(setting, own),
  );
}

/** The keys, those that wait to be retired with the time of that. */
export async function withRetirements(context: Context, keys: readonly Key[]): Promise<Key[]> {
  const own = await settingOf(context);
  const ends = new Map<string, string | null>();
  const warn = warningOf(context);
  const open = await readOperations(context.paths.operations, warn).catch(async (error: unknown) => {
    if (!(error instanceof KeysError)) throw error;
    await warn(error);
    return [];
  });
  for (const { header, steps } of open) {
    const last = steps.at(-1);
    const { replaces } = header.plan;
    if (replaces && last?.step === 'superseded' && isSamePlace(header.setting, own))
      ends.set(replaces.id, last.until);
  }
  return keys.map((key) => {
    const retireAt = isActive(key) ? ends.get(key.id) : undefined;
    return retireAt === undefined ? key : { ...key, retireAt };
  });
}

function isSamePlace(one: Setting, other: Setting): boolean {
  return one.profile === other.profile && one.url === other.url;
}

/**
 * Takes a key's name for this process, until the function that it gives back is called: two rotations at once would make
 * two keys. Throws `KeysError` (6) where another process has it.
 */
export async function claimName(context: Context, name: string): Promise<() => void> {
  const { profile, url } = await settingOf(context);
  const place = createHash('sha256')
    .update(JSON.stringify([profile, url, name]))
    .digest('hex')
    .slice(0, 16);
  makePrivateFolder(context.paths.operations);
  const release = await holdFileLock(join(context.paths.operations, `name-${place}`), probeMs);
  if (release) return () => release();
  throw new KeysError({
    code: 'rotation_under_way',
    message: `another process is rotating ${name}: nothing was done here`,
    hints: ['come back when it has ended: keys list'],
  });
}

function unfinished(id: string, { kind, name }: Plan): KeysError {
  return new KeysError({
    code: 'unfinished_before',
    message: `an earlier ${kind} of ${name} is unfinished, and no other key was made`,
    hints: [`keys recover ${id}`],
    operation: id,
  });
}

async function settingOf(context: Context, db?: string): Promise<Setting> {
  const profile = await context.profile();
  const connection = db === undefined ? await context.connection() : undefined;
  return {
    profile: profile.name,
    provider: profile.provider,
    url: connection?.url.href ?? null,
    cwd: context.io.cwd,
    ...(db !== undefined && { db }),
  };
}
