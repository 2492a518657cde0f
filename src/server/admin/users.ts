import type { InferOutput } from 'valibot';
import type { ScopedKeys } from '../../authority/scoped-keys.ts';
import type { User } from '../../authority/users.ts';
import { HttpProblem } from '../../gateway/http-problem.ts';
import type { Context } from '../context.ts';
import type { AnyRoute } from './route.ts';
import { route } from './route.ts';
import * as shape from './shapes.ts';

/** What users may give their keys: for admins to say. */
export function userRoutes({ authority: { users } }: Context): AnyRoute[] {
  return [
    route({
      method: 'GET',
      path: '/users',
      operation: 'listUsers',
      summary: 'List users, with the most that each may give a key; for admins',
      status: 200,
      reply: shape.users,
      refusals: { 403: 'FORBIDDEN' },
      handle({ keys }) {
        requireAdmin(keys);
        return { data: users.list().map(userOut) };
      },
    }),
    route({
      method: 'PATCH',
      path: '/users/:id',
      operation: 'updateUser',
      summary: 'Say what a user may give a key that is made or changed from now on; for admins',
      body: shape.ceilingChanges,
      status: 200,
      reply: shape.user,
      refusals: { 403: 'FORBIDDEN', 404: 'USER_NOT_FOUND' },
      handle({ keys, id, body: { permissions, budget_usd, rate_limit_rpm, models, max_keys } }) {
        requireAdmin(keys);
        const changed = users.setCeiling(id, {
          ...(permissions && { permissions }),
          ...(budget_usd !== undefined && { budgetUsd: budget_usd }),
          ...(rate_limit_rpm !== undefined && { rateLimitRpm: rate_limit_rpm }),
          ...(models && { models }),
          ...(max_keys !== undefined && { maxKeys: max_keys }),
        });
        return userOut(changed);
      },
    }),
  ];
}

function requireAdmin({ caller }: ScopedKeys): void {
  if (caller.role !== 'admin') throw new HttpProblem(403, 'FORBIDDEN', 'only an admin may do this');
}

function userOut({ name, role, ceiling }: User): InferOutput<typeof shape.user> {
  return {
    name,
    role,
    ceiling: {
      permissions: [...ceiling.permissions],
      budget_usd: ceiling.budgetUsd,
      rate_limit_rpm: ceiling.rateLimitRpm,
      models: [...ceiling.models],
      max_keys: ceiling.maxKeys,
    },
  };
}
