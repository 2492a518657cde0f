import { shellWord } from '../../base/shell-word.ts';
import type { Leak } from '../../keys/leak.ts';
import { FileSearch } from '../../leaks/file-search.ts';
import { ValueFinder } from '../../leaks/find-values.ts';
import type { LeakedValue, Place } from '../../leaks/leaked-values.ts';
import { LeakedValues } from '../../leaks/leaked-values.ts';
import type { Scanned } from '../../leaks/search-files.ts';
import { searchFiles } from '../../leaks/search-files.ts';
import { soughtFormats } from '../../leaks/sought-formats.ts';
import type { Context } from '../context.ts';
import type { Holder } from './identify.ts';
import { identify } from './identify.ts';
import { knownFormats } from './known-formats.ts';
import type { LeakReport } from './leak-report.ts';

export interface LeakSearch {
  /** Files and folders; empty: the current folder. */
  names: readonly string[];
  respectsIgnore: boolean;
  /** Compares with the keys of every profile, not just the current one. */
  everywhere: boolean;
}

export async function searchLeaks(context: Context, search: LeakSearch): Promise<LeakReport> {
  const formats = await knownFormats(context);
  const values = new LeakedValues(formats);
  const files = new FileSearch(new ValueFinder(soughtFormats(formats)));
  const { cwd, env } = context.io;
  const names = search.names.length === 0 ? ['.'] : search.names;
  const scanned = await searchFiles(
    { cwd, env, names, respectsIgnore: search.respectsIgnore },
    {
      values,
      searchPaths: (paths) => files.search(paths),
      concurrency: 1,
      checkStop() {
        if (context.interruption.asked.aborted) throw context.interruption.failure();
      },
    },
  );
  await warnOfUnreadable(context, scanned);
  const leaks = values.all;
  const holders = await identify(context, leaks, search.everywhere);
  const { name: current } = await context.profile();
  const findings = leaks.flatMap((leak) =>
    leak.places.map((place) => findingOf(leak, place, holders.get(leak), current)),
  );
  const { files: fileCount, bytes } = scanned;
  return { findings: findings.sort(byPlace), scanned: { files: fileCount, bytes } };
}

function findingOf(leak: LeakedValue, place: Place, holder: Holder | undefined, current: string): Leak {
  const { file, line, column, commit } = place;
  const { masked, format } = leak;
  return {
    ...{ file, line, column },
    ...(commit !== undefined && { commit }),
    keyId: holder?.key.id ?? null,
    name: holder?.key.name ?? null,
    profile: holder?.profile ?? null,
    provider: holder?.key.provider ?? format.provider,
    match: holder?.match ?? (format.checksum ? 'checksum' : 'prefix'),
    masked,
    status: holder?.key.status ?? 'unknown',
    fix: holder ? fixFor(holder, current) : null,
  };
}

function fixFor({ key, profile }: Holder, current: string): string | null {
  const place = profile === current ? '' : ` --profile ${shellWord(profile)}`;
  if (key.status === 'revoked' || key.status === 'expired') return null;
  if (key.superseded) return `keys revoke ${shellWord(key.id)}${place}`;
  return `keys rotate ${shellWord(key.id)} --grace 0${place}`;
}

function byPlace(a: Leak, b: Leak): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return a.line - b.line || a.column - b.column;
}

/** Named one by one. */
const maxNamed = 5;

async function warnOfUnreadable(context: Context, { unreadable }: Scanned): Promise<void> {
  for (const { path, reason } of unreadable.slice(0, maxNamed))
    await context.warn(`could not search ${path} (${reason})`);
  const others = unreadable.length - maxNamed;
  if (others > 0) await context.warn(`could not search ${others} more files`);
}
