import { shown } from '../../base/sanitise.ts';
import type { Terminal } from '../style.ts';
import type { Column } from '../table.ts';
import { renderTable } from '../table.ts';
import * as value from './key-values.ts';
import { renderRecord } from './record.ts';
import { secretView } from './secret.ts';

/** A session of the authority, as listed. */
interface SessionRecord {
  id: string;
  user: string;
  role: string;
  status: string;
  createdAt: string;
  expiresAt: string | null;
}

const columns: Column<SessionRecord>[] = [
  { header: 'ID', text: ({ id }) => shown(id), rank: 0 },
  { header: 'USER', text: ({ user }) => shown(user), rank: 0, shrinkTo: 12 },
  { header: 'ROLE', text: ({ role }) => role, rank: 1 },
  {
    header: 'STATUS',
    text: ({ status }, { style }) => (status === 'active' ? style.green(status) : status),
    rank: 0,
  },
  { header: 'EXPIRES', text: ({ expiresAt }, { now }) => expiry(expiresAt, now), rank: 0 },
];

export async function sessionListView(
  sessions: readonly SessionRecord[],
  terminal: Terminal,
): Promise<string> {
  if (sessions.length > 0) return renderTable(sessions, columns, terminal);
  return 'No sessions. To create one: keys session create --user <name>\n';
}

/** A new session. Its token, if shown, is framed. */
export function sessionView(session: SessionRecord & { secret?: string }, terminal: Terminal): string {
  const { secret, id, user, role, createdAt, expiresAt } = session;
  const detail = renderRecord(
    [
      ['Session', shown(id)],
      ['User', shown(user)],
      ['Role', role],
      ['Created', value.moment(createdAt, terminal.now)],
      ['Expires', expiry(expiresAt, terminal.now)],
    ],
    terminal,
  );
  return secret === undefined ? detail : `${detail}${secretView(secret, 'token, shown only once', terminal)}`;
}

function expiry(expiresAt: string | null, now: Date): string {
  return expiresAt === null ? 'never' : value.moment(expiresAt, now);
}
