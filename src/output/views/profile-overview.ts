import { shown } from '../../base/sanitise.ts';
import { relativeTime } from '../relative-time.ts';
import type { Terminal } from '../style.ts';
import type { Column } from '../table.ts';
import { renderTable } from '../table.ts';

/** What is shown of a profile. */
interface Row {
  profile: string;
  provider?: string;
  url?: string | null;
  current: boolean;
  authenticated: boolean | null;
  tokenSource?: string | null;
  user?: string;
  expiresAt?: string | null;
  active?: number;
  expiring?: number;
  unfinished: number;
  error?: { code: string };
}

const columns: Column<Row>[] = [
  {
    header: 'PROFILE',
    text: ({ profile, current }, { style }) => (current ? `${style.bold(shown(profile))} *` : shown(profile)),
    rank: 0,
    shrinkTo: 12,
  },
  { header: 'PROVIDER', text: ({ provider = '' }) => shown(provider), rank: 3 },
  { header: 'HOST', text: ({ url }) => shown(hostOf(url)), rank: 4, shrinkTo: 16 },
  { header: 'SESSION', text: session, rank: 0 },
  { header: 'USER', text: ({ user = '' }) => shown(user), rank: 5, shrinkTo: 10 },
  { header: 'ENDS', text: ending, rank: 2 },
  { header: 'ACTIVE', text: ({ active }) => number(active), align: 'right', rank: 1 },
  {
    header: 'EXPIRING',
    text: ({ expiring }, { style }) => (expiring ? style.yellow(String(expiring)) : number(expiring)),
    align: 'right',
    rank: 1,
  },
  {
    header: 'UNFINISHED',
    text: ({ unfinished }, { style }) => (unfinished > 0 ? style.red(String(unfinished)) : ''),
    align: 'right',
    rank: 0,
  },
];

/** All profiles at a glance; `*` marks the current one. */
export function profileOverview(rows: readonly Row[], terminal: Terminal): Promise<string> {
  return renderTable(rows, columns, terminal);
}

function session({ authenticated, tokenSource, error }: Row, { style }: Terminal): string {
  if (error) return style.red(error.code.replaceAll('_', ' '));
  if (authenticated) return style.green(tokenSource ? 'accepted' : 'not needed');
  return style.red(tokenSource ? 'rejected' : 'not logged in');
}

function hostOf(url: string | null | undefined): string {
  if (!url) return '';
  return URL.canParse(url) ? new URL(url).host : url;
}

function ending({ expiresAt }: Row, { now }: Terminal): string {
  if (expiresAt === undefined) return '';
  return expiresAt === null ? 'never' : relativeTime(expiresAt, now);
}

function number(value: number | undefined): string {
  return value === undefined ? '' : String(value);
}
