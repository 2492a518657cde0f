import { openrouter } from '../../../src/providers/built-in/openrouter.ts';
import type { Case } from '../case.ts';
import { in90Days } from '../clock.ts';

const openrouterKey = {
  hash: 'h1',
  name: 'ci',
  label: 'sk-or-v1-abc...123',
  disabled: false,
  limit: 25,
  limit_remaining: 20,
  usage: 5,
  created_at: '2026-11-01T00:00:00Z',
  updated_at: null,
  expires_at: null,
};

export const openrouterCase: Case = {
  provider: openrouter,
  credential: ['authorization', 'Bearer tok-EXAMPLE'],
  list: { route: 'GET /keys?include_disabled=true', status: 200, answer: { data: [openrouterKey] } },
  empty: { data: [] },
  keys: [
    {
      id: 'h1',
      name: 'ci',
      status: 'active',
      prefix: 'sk-or-v1-abc...123',
      budgetUsd: 25,
      spentUsd: 5,
      expiresAt: null,
    },
  ],
  show: {
    id: 'h1',
    route: 'GET /keys/h1',
    status: 200,
    answer: { data: openrouterKey },
    key: { name: 'ci' },
  },
  create: {
    spec: { name: 'ci', expiresAt: in90Days, budgetUsd: 25 },
    route: 'POST /keys',
    body: { name: 'ci', limit: 25, expires_at: '2027-02-18T12:00:00Z' },
    status: 201,
    answer: { data: openrouterKey, key: 'sk-or-v1-abcdef1234567890EXAMPLE' },
    key: { id: 'h1' },
    secret: 'sk-or-v1-abcdef1234567890EXAMPLE',
  },
  update: {
    id: 'h1',
    changes: { name: 'new', budgetUsd: null },
    route: 'PATCH /keys/h1',
    body: { name: 'new', limit: null },
    status: 200,
    answer: { data: openrouterKey },
  },
  disable: {
    id: 'h1',
    route: 'PATCH /keys/h1',
    body: { disabled: true },
    status: 200,
    answer: { data: openrouterKey },
  },
  revoke: { id: 'h1', route: 'DELETE /keys/h1', status: 200, answer: { deleted: true } },
};
