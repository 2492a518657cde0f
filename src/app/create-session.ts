import type { Ceiling } from '../authority/ceiling.ts';
import type { Role } from '../authority/roles.ts';
import type { AuthorityService } from '../authority/service.ts';
import type { Session } from '../authority/sessions.ts';
import { absoluteTime } from '../base/time.ts';
import { issueKey } from '../keys/operations/issue.ts';
import type { Delivered } from '../keys/ports.ts';
import { relativeTime } from '../output/relative-time.ts';
import { shownOnce } from '../output/reminder.ts';
import { resolveDestination } from '../sinks/destinations.ts';
import { maskInCiLog } from '../sinks/mask.ts';
import type { SinkSpec } from '../sinks/sink-spec.ts';
import type { Context } from './context.ts';
import { absolute, databaseIn } from './database-in.ts';
import { openAuthority, sessionIssuer, sessionSubject } from './open-authority.ts';
import { sinkContextOf } from './sink-context.ts';

export interface SessionRequest {
  user: string;
  /** Undefined: the user's current role. */
  role: Role | undefined;
  expiresAt: Date | null;
  /** Replaces these parts of the user's ceiling. */
  ceiling: Partial<Ceiling>;
  to: readonly SinkSpec[];
  secretOnly: boolean;
  allowInGit: boolean;
  /** The database file; undefined: that of the profile `local`. */
  db: string | undefined;
}

export interface CreatedSession extends Session {
  delivered: readonly Delivered[];
  /** The session token, if stdout is its destination. */
  secret?: string;
}

/**
 * Creates a session and delivers its token, as the secret of a key is delivered. `print` prints the session with its token
 * on stdout. Returns the session, unless stdout has it already.
 */
export async function createSession(
  context: Context,
  request: SessionRequest,
  print: (session: CreatedSession) => Promise<void>,
): Promise<CreatedSession | undefined> {
  const { user, role, expiresAt, db } = request;
  const authority = await openAuthority(context, db);
  const { sessions, users } = authority;
  const destination = await resolveDestination(context.io, {
    context: sinkContextOf(context, request.allowInGit),
    to: request.to,
    secretOnly: request.secretOnly,
    format: context.output.format,
    fields: context.output.fields,
    noun: 'session',
  });
  const previousRole = (await users.get(user))?.role;
  context.startMutation();
  const issuer = sessionIssuer(sessions);
  const { key, delivered } = await issueKey(
    issuer,
    { name: user, user, role, expiresAt },
    {
      subject: sessionSubject,
      sinks: destination.sinks(async ({ key: created, delivered: earlier }, secret) =>
        print({
          ...(await sessionOf(authority, created.id)),
          delivered: [...earlier, { sink: 'stdout', verified: false }],
          secret,
        }),
      ),
      known: await issuer.list(),
      journal: await context.journal(
        db === undefined ? databaseIn(context.io) : absolute(db, context.io.cwd),
      ),
      onSecret: (secret) => maskInCiLog(context.io, secret),
    },
  );
  if (Object.keys(request.ceiling).length > 0) await users.setCeiling(user, request.ceiling);
  const session = await sessionOf(authority, key.id);
  if (role !== undefined && previousRole !== undefined && role !== previousRole) {
    await context.note(roleChange(user, role));
  }
  if (!context.isHumanOutput || destination.stdout === 'secret')
    await context.note(summaryOf(session, context.now));
  await noteDeliveries(context, delivered);
  if (destination.stdout === 'record' && context.io.stdout.isTTY) await context.note(shownOnce('token'));
  return destination.stdout === 'nothing' ? { ...session, delivered } : undefined;
}

async function sessionOf({ sessions }: AuthorityService, id: string): Promise<Session> {
  const session = await sessions.get(id);
  if (!session) throw new Error('the new session is missing');
  return session;
}

/** A role belongs to the user; existing sessions keep the one they were created with, or get a lesser one. */
function roleChange(user: string, role: Role): string {
  return role === 'admin'
    ? `${user} is now an admin; existing sessions keep their role`
    : `${user} is now a ${role}; existing sessions are limited to that role`;
}

function summaryOf({ user, role, expiresAt }: Session, now: Date): string {
  const expiry =
    expiresAt === null
      ? 'never expires'
      : `expires ${absoluteTime(expiresAt)} (${relativeTime(expiresAt, now)})`;
  return `session for ${role === 'user' ? '' : `the ${role} `}${user}: ${expiry}`;
}

async function noteDeliveries(context: Context, delivered: readonly Delivered[]): Promise<void> {
  for (const { sink, verified } of delivered) {
    if (sink !== 'stdout') await context.note(`delivered to ${sink}${verified ? ' and read back' : ''}`);
  }
}
