/** What a person calls the fields of a key that can be set. */
export const fieldNames = {
  name: 'name',
  description: 'description',
  expiresAt: 'expiry',
  permissions: 'permissions',
  rateLimitRpm: 'rate limit',
  budgetUsd: 'budget',
  models: 'models',
  labels: 'labels',
} as const;
