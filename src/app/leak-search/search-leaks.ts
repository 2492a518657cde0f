import type { Leak, LeakReport } from '../../keys/leak.ts';
import type { Place } from '../../leaks/leaked-values.ts';
import type { Scanned } from '../../leaks/search-files.ts';
import type { Context } from '../context.ts';
import { Accounts } from './accounts.ts';
import { fixForKey, fixForUnknown } from './fix.ts';
import { identify } from './identify.ts';
import { knownFormats } from './known-formats.ts';
import type { ScanRequest } from './scan.ts';
import { scan } from './scan.ts';

export interface LeakSearch extends ScanRequest {
  /** Compares with the keys of every profile, not just the current one. */
  everywhere: boolean;
  /** Asks the APIs whether the values work. */
  asksApis: boolean;
}

/** Searches for leaked values. Accounts are read only if there are any. */
export async function searchLeaks(context: Context, search: LeakSearch): Promise<LeakReport> {
  const { formats: known, providers } = await knownFormats(context);
  const accounts = new Accounts(context, search.everywhere);
  // A hook must be fast: it asks no account before it has found anything.
  const formats = search.source === 'staged' ? known : [...known, ...(await accounts.formats())];
  const { scanned, leaks } = await scan(context, formats, search);
  await warnOfUnreadable(context, scanned);
  const { files, bytes } = scanned;
  if (leaks.length === 0) return { findings: [], values: [], scanned: { files, bytes } };
  const holders = await identify(accounts, leaks);
  const { name: current } = await context.profile();
  const values: Leak[][] = [];
  for (const leak of leaks) {
    const holder = holders.get(leak);
    const { masked, format } = leak;
    let works: boolean | undefined;
    if (search.asksApis) {
      const { askWhetherItWorks } = await import('./ask-whether-it-works.ts');
      works = await askWhetherItWorks(context, leak, holder);
    }
    const common = {
      keyId: holder?.key.id ?? null,
      name: holder?.key.name ?? null,
      profile: holder?.account.profile ?? null,
      provider: holder?.key.provider ?? format.provider,
      match: holder?.match ?? (format.checksum ? 'checksum' : 'prefix'),
      masked,
      status: holder?.key.status ?? 'unknown',
      ...(works !== undefined && { works }),
      fix: holder ? fixForKey(holder, current) : fixForUnknown(leak, providers),
    } as const;
    values.push(leak.places.map((place) => ({ ...placed(place), ...common })).sort(byPlace));
  }
  return { findings: values.flat().sort(byPlace), values, scanned: { files, bytes } };
}

function placed({ file, line, column, commit }: Place): Pick<Leak, 'file' | 'line' | 'column' | 'commit'> {
  return { file, line, column, ...(commit !== undefined && { commit }) };
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
