import type { ScopedKeys } from '../../authority/scoped-keys.ts';
import type { Session } from '../../authority/sessions.ts';
import { HttpProblem } from '../../gateway/http-problem.ts';
import type { Context } from '../context.ts';
import { sendJson } from '../send-json.ts';
import { invalid } from '../validation.ts';
import type { Route } from './route.ts';
import { route } from './route.ts';
import * as shape from './shapes.ts';
import { expiryIn, sessionOut } from './wire.ts';

/** Sessions. Users see and end their own; admins see and end all. */
export function sessionRoutes({ authority: { sessions }, now, offload }: Context): Route[] {
  const current = async ({ caller }: ScopedKeys): Promise<Session> => {
    const session = await sessions.get(caller.sessionId);
    if (!session) throw new Error('the session of the caller does not exist');
    return session;
  };
  return [
    route({
      method: 'GET',
      path: '/session',
      operation: 'getSession',
      summary: 'Show the current session',
      status: 200,
      reply: shape.session,
      handle: async ({ keys }) => sessionOut(await current(keys)),
    }),
    route({
      method: 'DELETE',
      path: '/session',
      operation: 'endSession',
      summary: 'Log out: end the current session and all sessions created with it',
      status: 204,
      async handle({ keys }) {
        await sessions.revoke(keys.caller.sessionId);
      },
    }),
    route({
      method: 'GET',
      path: '/sessions',
      operation: 'listSessions',
      summary: 'List sessions, newest first',
      status: 200,
      reply: shape.sessions,
      handle({ keys: { caller }, reply }) {
        const user = caller.role === 'admin' ? null : caller.user;
        return sendJson(reply, offload.ask(caller, 'listSessions', user));
      },
    }),
    route({
      method: 'POST',
      path: '/sessions',
      operation: 'createSession',
      summary: 'Create a session that ends with the current one; only this response contains its token',
      body: shape.newSession,
      status: 201,
      reply: shape.newToken,
      refusals: { 403: 'FORBIDDEN, SESSION_LIMIT_REACHED' },
      async handle({ keys, body: { user = keys.caller.user, role, expires_at } }) {
        const own = await current(keys);
        const isAdmin = own.role === 'admin';
        if (!isAdmin && (user !== own.user || (role ?? own.role) !== own.role)) throw forbidden();
        const expiresAt = expires_at === undefined ? own.expiresAt : expires_at;
        // Otherwise a leaked token that expires today could create one that never does.
        if (!isAdmin && endOf(expiresAt) > endOf(own.expiresAt)) {
          throw invalid('expires_at', 'expected a time before the current session expires');
        }
        const newSession = await sessions.create({
          user,
          role,
          expiresAt: expiryIn(expiresAt, now()),
          parent: own.id,
        });
        return { session: sessionOut(newSession.session), token: newSession.token.reveal() };
      },
    }),
    route({
      method: 'DELETE',
      path: '/sessions/:id',
      operation: 'revokeSession',
      summary: 'End a session and all sessions created with it, immediately',
      status: 204,
      refusals: { 404: 'SESSION_NOT_FOUND' },
      async handle({ keys: { caller }, id }) {
        const session = await sessions.get(id);
        const isVisible = session && (caller.role === 'admin' || session.user === caller.user);
        // Even if it has ended: sessions created with it may still be live.
        if (!isVisible || !(await sessions.revoke(id))) {
          throw new HttpProblem(404, 'SESSION_NOT_FOUND', 'there is no live session with this id');
        }
      },
    }),
  ];
}

function endOf(expiresAt: string | null): number {
  return expiresAt === null ? Number.POSITIVE_INFINITY : Date.parse(expiresAt);
}

function forbidden(): HttpProblem {
  return new HttpProblem(403, 'FORBIDDEN', 'only an admin may create sessions for others');
}
