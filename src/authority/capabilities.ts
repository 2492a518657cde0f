import { keyFields, keyInputs } from '../keys/key.ts';
import type { Capabilities } from '../keys/ports.ts';

export const capabilities: Capabilities = {
  overlap: 'client',
  expiry: 'any',
  uniqueNames: false,
  maxKeys: null,
  endsLists: true,
  show: true,
  create: true,
  revoke: true,
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
