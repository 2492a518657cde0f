import pMap from 'p-map';
import { KeysError } from '../../base/errors.ts';
import { didYouMean } from '../../base/nearest.ts';
import { shellWord } from '../../base/shell-word.ts';
import { audit } from '../../keys/audit/audit.ts';
import type { Policy } from '../../keys/audit/audit-policy.ts';
import type { Account, Unreachable } from '../../keys/audit/audit-rule.ts';
import type { AuditReport } from '../../keys/audit/finding.ts';
import type { DesiredState } from '../../keys/plan/desired-key.ts';
import type { Context } from '../context.ts';
import { everyProfile } from '../search.ts';
import { readAccount } from './read-account.ts';
import { readPlaces } from './read-places.ts';
import { findSecretFiles } from './secret-files.ts';
import { unfinishedOperations } from './unfinished-operations.ts';

/** How many profiles are asked at once, and how long each call of one that is not the current one may take. */
const concurrency = 8;
const limitMs = 10_000;

type Reading = { account: Account & { place: Context } } | { unreachable: Unreachable };

export interface AuditOutcome extends AuditReport {
  profiles: number;
}

/**
 * Audits the current profile, or every one. With several, one whose keys cannot be listed is a finding; a single one throws
 * its `KeysError`.
 */
export async function auditProfiles(
  context: Context,
  {
    policy,
    allProfiles,
    desired,
  }: { policy: Policy; allProfiles: boolean; desired: DesiredState | undefined },
): Promise<AuditOutcome> {
  const timeout = Math.min(context.timeout, limitMs);
  const places = allProfiles
    ? await everyProfile(context, { timeout, noInput: true })
    : [[(await context.profile()).name, context] as const];
  const read = async ([profile, place]: readonly [string, Context]): Promise<Reading> => {
    try {
      return { account: { ...(await readAccount(context, profile, place, desired)), place } };
    } catch (error) {
      const isFinding = error instanceof KeysError && error.failure.exit !== 'interrupted';
      if (!isFinding || !allProfiles) throw error;
      return { unreachable: { profile, flags: `--profile ${shellWord(profile)}`, failure: error.failure } };
    }
  };
  const readings = await pMap(places, read, { concurrency });
  const accounts = readings.flatMap((one) => ('account' in one ? [one.account] : []));
  const names = new Set(places.map(([profile]) => profile));
  const operations = await unfinishedOperations(context, (profile) => allProfiles || names.has(profile));
  const { places: keyPlaces, files } = await readPlaces(context, accounts, {
    desired,
    operations: operations.all,
  });
  const report = audit(
    {
      accounts,
      unreachable: readings.flatMap((one) => ('unreachable' in one ? [one.unreachable] : [])),
      operations: operations.unfinished,
      places: keyPlaces,
      files: await findSecretFiles(context, files),
    },
    policy,
    context.now,
  );
  await warnOfUnknownPermissions(context, accounts, policy);
  return { ...report, profiles: places.length };
}

/** A misspelt permission is on no key: without a warning, that would look like an account in order. */
async function warnOfUnknownPermissions(
  context: Context,
  accounts: readonly Account[],
  { forbidPermission }: Policy,
): Promise<void> {
  if (accounts.length === 0 || accounts.some(({ permissions }) => permissions === undefined)) return;
  const known = new Set(
    accounts.flatMap(({ permissions = [], keys }) => [
      ...permissions,
      ...keys.flatMap((key) => key.permissions ?? []),
    ]),
  );
  for (const word of forbidPermission.filter((one) => !known.has(one))) {
    const words = [...known];
    await context.warn(
      `the policy forbids the permission '${word}', which no key can have${didYouMean(word, words)}; there are ${words.join(', ')}`,
    );
  }
}
