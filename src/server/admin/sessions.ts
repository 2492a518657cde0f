import type { ScopedKeys } from '../../authority/scoped-keys.ts';
import type { Session } from '../../authority/sessions.ts';
import { HttpProblem } from '../../gateway/http-problem.ts';
import type { Context } from '../context.ts';
import { invalid } from '../validation.ts';
import type { AnyRoute } from './route.ts';
import { route } from './route.ts';
import * as shape from './shapes.ts';
import { expiryIn, sessionOut } from './wire.ts';

/** Who is logged in. A user sees and ends the sessions of its own; an admin those of everybody. */
export function sessionRoutes({ authority: { sessions }, now }: Context): AnyRoute[] {
  const current = ({ caller }: ScopedKeys): Session => {
    const session = sessions.get(caller.sessionId);
    if (!session) throw new Error('a session that has called is not there');
    return session;
  };
  return [
    route({
      method: 'GET',
      path: '/session',
      operation: 'getSession',
      summary: 'Show the session of the token that is used',
      status: 200,
      reply: shape.session,
      handle: ({ keys }) => sessionOut(current(keys)),
    }),
    route({
      method: 'DELETE',
      path: '/session',
      operation: 'endSession',
      summary: 'End the session of the token that is used, with all that were made with it: log out',
      status: 204,
      handle({ keys }) {
        sessions.revoke(keys.caller.sessionId);
      },
    }),
    route({
      method: 'GET',
      path: '/sessions',
      operation: 'listSessions',
      summary: 'List sessions, newest first',
      status: 200,
      reply: shape.sessions,
      handle({ keys: { caller } }) {
        return { data: sessions.list(caller.role === 'admin' ? null : caller.user).map(sessionOut) };
      },
    }),
    route({
      method: 'POST',
      path: '/sessions',
      operation: 'createSession',
      summary:
        'Create a session, which ends with the one that asks; its token is in this answer and in no other',
      body: shape.newSession,
      status: 201,
      reply: shape.newToken,
      refusals: { 403: 'FORBIDDEN, SESSION_LIMIT_REACHED' },
      handle({ keys, body: { user = keys.caller.user, role, expires_at } }) {
        const own = current(keys);
        const isAdmin = own.role === 'admin';
        if (!isAdmin && (user !== own.user || (role ?? own.role) !== own.role)) throw forbidden();
        const expiresAt = expires_at === undefined ? own.expiresAt : expires_at;
        // Or whoever finds a token that ends today could make one that never does.
        if (!isAdmin && endOf(expiresAt) > endOf(own.expiresAt)) {
          throw invalid('expires_at', 'expected a time before the end of the session that asks');
        }
        const made = sessions.create({
          user,
          role,
          expiresAt: expiryIn(expiresAt, now()),
          parent: own.id,
        });
        return { session: sessionOut(made.session), token: made.token.reveal() };
      },
    }),
    route({
      method: 'DELETE',
      path: '/sessions/:id',
      operation: 'revokeSession',
      summary: 'End a session at once, with all that were made with it',
      status: 204,
      refusals: { 404: 'SESSION_NOT_FOUND' },
      handle({ keys: { caller }, id }) {
        const session = sessions.get(id);
        const isVisible = session && (caller.role === 'admin' || session.user === caller.user);
        // Also of one that has ended: sessions that were made with it may not have.
        if (!isVisible || !sessions.revoke(id)) {
          throw new HttpProblem(404, 'SESSION_NOT_FOUND', 'no live session has this id');
        }
      },
    }),
  ];
}

function endOf(expiresAt: string | null): number {
  return expiresAt === null ? Number.POSITIVE_INFINITY : Date.parse(expiresAt);
}

function forbidden(): HttpProblem {
  return new HttpProblem(403, 'FORBIDDEN', 'only an admin may make sessions for others');
}
