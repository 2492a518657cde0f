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

const activity = {
  date: '2026-11-19',
  model: 'vendor/model',
  model_permaslug: 'vendor/model-2026-01-01',
  endpoint_id: 'e1',
  provider_name: 'Vendor',
  requests: 3,
  usage: 0.1,
  byok_usage_inference: 0,
  prompt_tokens: 50,
  completion_tokens: 20,
  reasoning_tokens: 5,
};
const olderActivity = { ...activity, date: '2026-11-18', requests: 1, usage: 0.2 };

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
    answer: { data: { ...openrouterKey, disabled: true } },
  },
  revoke: { id: 'h1', route: 'DELETE /keys/h1', status: 200, answer: { deleted: true } },
  usage: [
    {
      query: { by: 'day' },
      exchanges: [
        {
          route: 'GET /activity',
          status: 200,
          answer: { data: [activity, { ...activity, endpoint_id: 'e2' }, olderActivity] },
        },
      ],
      rows: [
        { date: '2026-11-18', requests: 1, tokens: 70, spentUsd: 0.2 },
        { date: '2026-11-19', requests: 6, tokens: 140, spentUsd: 0.2 },
      ],
    },
    {
      query: { by: 'key', keyId: 'h1', since: new Date('2026-11-19T18:00:00Z') },
      exchanges: [
        {
          route: 'GET /activity?api_key_hash=h1',
          status: 200,
          answer: { data: [activity, olderActivity] },
        },
      ],
      rows: [{ keyId: 'h1', requests: 3, tokens: 70, spentUsd: 0.1 }],
    },
    {
      query: { by: 'key' },
      exchanges: [
        { route: 'GET /keys?include_disabled=true', status: 200, answer: { data: [openrouterKey] } },
        { route: 'GET /activity?api_key_hash=h1', status: 200, answer: { data: [activity] } },
        { route: 'GET /activity', status: 200, answer: { data: [activity, olderActivity] } },
      ],
      rows: [
        { keyId: null, requests: 1, tokens: 70, spentUsd: 0.2 },
        { keyId: 'h1', name: 'ci', requests: 3, tokens: 70, spentUsd: 0.1 },
      ],
    },
  ],
};
