import { riskinmind } from '../../../src/providers/built-in/riskinmind.ts';
import type { Case } from '../case.ts';

export const riskinmindCase: Case = {
  provider: riskinmind,
  credential: ['authorization', 'Bearer tok-EXAMPLE'],
  list: {
    route: 'GET /api/v1/keys/',
    status: 200,
    answer: {
      success: true,
      data: {
        keyId: 'key_12345',
        keySnippet: 'sk_live_...9f8a',
        status: 'ACTIVE',
        createdAt: '2023-10-01T12:00:00Z',
      },
    },
  },
  empty: { success: true, data: null },
  keys: [
    {
      id: 'key_12345',
      name: 'api-key',
      status: 'active',
      prefix: 'sk_live_...9f8a',
      createdAt: '2023-10-01T12:00:00.000Z',
    },
  ],
  create: {
    spec: { name: 'Production Application Key' },
    route: 'POST /api/v1/keys/generate',
    body: { label: 'Production Application Key' },
    status: 200,
    answer: {
      success: true,
      data: { apiKey: 'sk_live_abcdef12345678EXAMPLE', createdAt: '2023-10-01T12:00:00Z' },
    },
    key: { id: 'key_12345' },
    secret: 'sk_live_abcdef12345678EXAMPLE',
  },
  afterCreate: {
    route: 'GET /api/v1/keys/',
    status: 200,
    answer: {
      success: true,
      data: {
        keyId: 'key_12345',
        keySnippet: 'sk_live_...MPLE',
        status: 'ACTIVE',
        createdAt: '2023-10-01T12:00:00Z',
      },
    },
  },
  rotate: {
    id: 'key_12345',
    expiresAt: null,
    route: 'POST /api/v1/keys/regenerate',
    status: 200,
    answer: {
      success: true,
      data: { apiKey: 'sk_live_newkey12345EXAMPLE', message: 'Key regenerated successfully.' },
    },
    key: { id: 'key_12345' },
    secret: 'sk_live_newkey12345EXAMPLE',
  },
  revoke: {
    id: 'key_12345',
    route: 'POST /api/v1/keys/revoke',
    status: 200,
    answer: { success: true, message: 'API Key revoked successfully.' },
  },
};
