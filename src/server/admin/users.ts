import type { ScopedKeys } from '../../authority/scoped-keys.ts';
import { HttpProblem } from '../../gateway/http-problem.ts';
import type { Context } from '../context.ts';
import { sendJson } from '../send-json.ts';
import type { Route } from './route.ts';
import { route } from './route.ts';
import * as shape from './shapes.ts';
import { userOut } from './wire.ts';

/** The ceilings of users' keys, which admins set. */
export function userRoutes({ authority: { users }, offload }: Context): Route[] {
  return [
    route({
      method: 'GET',
      path: '/users',
      operation: 'listUsers',
      summary: 'List users with the ceilings of their keys (admins only)',
      status: 200,
      reply: shape.users,
      refusals: { 403: 'FORBIDDEN' },
      handle({ keys, reply }) {
        requireAdmin(keys);
        return sendJson(reply, offload.ask(keys.caller, 'listUsers', undefined));
      },
    }),
    route({
      method: 'PATCH',
      path: '/users/:id',
      operation: 'updateUser',
      summary: 'Set the ceilings of the keys that a user creates or changes from now on (admins only)',
      body: shape.ceilingChanges,
      status: 200,
      reply: shape.user,
      refusals: { 403: 'FORBIDDEN', 404: 'USER_NOT_FOUND' },
      async handle({ keys, id, body: { permissions, budget_usd, rate_limit_rpm, models, max_keys } }) {
        requireAdmin(keys);
        const changedUser = await users.setCeiling(id, {
          ...(permissions && { permissions }),
          ...(budget_usd !== undefined && { budgetUsd: budget_usd }),
          ...(rate_limit_rpm !== undefined && { rateLimitRpm: rate_limit_rpm }),
          ...(models && { models }),
          ...(max_keys !== undefined && { maxKeys: max_keys }),
        });
        return userOut(changedUser);
      },
    }),
  ];
}

function requireAdmin({ caller }: ScopedKeys): void {
  if (caller.role !== 'admin') throw new HttpProblem(403, 'FORBIDDEN', 'only an admin may do this');
}
