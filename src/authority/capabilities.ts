import { keyFields, keyInputs } from '../keys/key.ts';
import type { Capabilities } from '../keys/ports.ts';

export const capabilities: Capabilities = {
  overlap: 'client',
  expiry: 'any',
  uniqueNames: false,
  maxKeys: null,
  endsLists: true,
  show: true,
  usage: true,
  logs: true,
  logsByKey: true,
  update: true,
  disable: true,
  verify: true,
  createFields: keyInputs,
  updateFields: keyInputs,
  usageByDay: true,
  reports: keyFields,
};

/** The permissions of the generic API guide. */
export const permissions = ['read', 'write', 'admin', 'webhook'] as const;

/**
 * `user`: sees and manages the keys that are its own; `admin`: those of everybody, and all sessions; `reporter`: says what
 * the calls of any key have cost, and does nothing else.
 */
export const roles = ['user', 'admin', 'reporter'] as const;
export type Role = (typeof roles)[number];

/** The role that a row of the database names. */
export function roleIn(value: unknown): Role {
  return roles.find((role) => role === value) ?? 'user';
}
