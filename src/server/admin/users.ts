import type { InferOutput } from 'valibot';
import type { ScopedKeys } from '../../authority/scoped-keys.ts';
import type { User } from '../../authority/users.ts';
import { HttpProblem } from '../../gateway/http-problem.ts';
import type { Context } from '../context.ts';
import type { Route } from './route.ts';
import { route } from './route.ts';
import * as shape from './shapes.ts';

/** The ceilings of users' keys, which admins set. */
export function userRoutes({ authority: { users } }: Context): Route[] {
  return [
    route({
      method: 'GET',
      path: '/users',
      operation: 'listUsers',
      summary: 'List users with the ceilings of their keys (admins only)',
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
      summary: 'Set the ceilings of the keys that a user creates or changes from now on (admins only)',
      body: shape.ceilingChanges,
      status: 200,
      reply: shape.user,
      refusals: { 403: 'FORBIDDEN', 404: 'USER_NOT_FOUND' },
      handle({ keys, id, body: { permissions, budget_usd, rate_limit_rpm, models, max_keys } }) {
        requireAdmin(keys);
        const changedUser = users.setCeiling(id, {
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
