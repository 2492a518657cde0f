import type { OwnedKey } from '../../authority/scoped-keys.ts';

/* Keys as the APIs of vendors show them. */

export function unrealKey({ key, hash }: OwnedKey): { name: string; hash: string; created: number } {
  return { name: key.name, hash, created: epochSeconds(key.createdAt) };
}

/** The secret is shown once; here everything after its prefix is masked. */
export function drunKey({ key }: OwnedKey): object {
  return { id: key.id, name: key.name, apiKey: `${key.prefix?.slice(0, 10)}****`, createdAt: key.createdAt };
}

export function privatemindKey({ key }: OwnedKey): object {
  const { permissions = [] } = key;
  return {
    access_key_id: key.id,
    prefix: key.id.slice(0, 12),
    description: key.name,
    status: privatemindStatus(key.status),
    rate_limit_rpm: key.rateLimitRpm,
    budget_usd: key.budgetUsd,
    spend_usd: key.spentUsd,
    allowed_models: key.models,
    requests: key.usage?.requests,
    tokens: key.usage?.tokens,
    created_at: key.createdAt,
    expiration_date: key.expiresAt,
    last_used_at: key.lastUsedAt,
    last_ip: key.lastUsedIp,
    permission: permissions.length === 1 ? permissions[0] : permissions,
  };
}

/** A disabled key does not work; `revoked` is the console's closest word. */
export function privatemindStatus(status: string): 'active' | 'expired' | 'revoked' {
  if (status === 'expired') return 'expired';
  return status === 'active' || status === 'expiring' ? 'active' : 'revoked';
}

function epochSeconds(time: string | undefined): number {
  return Math.floor(Date.parse(time ?? '') / 1000);
}
