/**
 * `user`: manages its own keys; `admin`: manages all keys and sessions; `reporter`: reports the cost of calls with any key,
 * and does nothing else.
 */
export const roles = ['user', 'admin', 'reporter'] as const;
export type Role = (typeof roles)[number];

/** The role stored in a database row. */
export function parseRole(value: unknown): Role {
  return roles.find((role) => role === value) ?? 'user';
}
