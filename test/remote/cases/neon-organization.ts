import { neonOrganization } from '../../../src/providers/built-in/neon-organization.ts';
import type { Case } from '../case.ts';

const neonKey = {
  id: 7,
  name: 'ci',
  created_at: '2026-11-01T00:00:00Z',
  created_by: {
    id: '629982cc-0000-4000-8000-000000000000',
    name: 'Ada',
    image: 'https://example.com/ada.png',
  },
  last_used_at: '2026-11-02T00:00:00Z',
  last_used_from_addr: '192.0.2.1',
  project_id: 'winter-hat-12345',
};

export const neonOrganizationCase: Case = {
  provider: neonOrganization,
  options: { organization: 'org-wild-river' },
  credential: ['authorization', 'Bearer tok-EXAMPLE'],
  list: { route: 'GET /organizations/org-wild-river/api_keys', status: 200, answer: [neonKey] },
  empty: [],
  keys: [
    {
      id: '7',
      name: 'ci',
      status: 'active',
      lastUsedAt: '2026-11-02T00:00:00.000Z',
      lastUsedIp: '192.0.2.1',
    },
  ],
  create: {
    spec: { name: 'ci', kept: { projectId: 'winter-hat-12345' } },
    route: 'POST /organizations/org-wild-river/api_keys',
    body: { key_name: 'ci', project_id: 'winter-hat-12345' },
    status: 200,
    answer: {
      id: 8,
      key: 'napi_abcdefghijklmnopqrEXAMPLE',
      name: 'ci',
      created_at: '2026-11-01T00:00:00Z',
      created_by: '629982cc-0000-4000-8000-000000000000',
      project_id: 'winter-hat-12345',
    },
    key: { id: '8', name: 'ci' },
    secret: 'napi_abcdefghijklmnopqrEXAMPLE',
  },
  revoke: {
    id: '7',
    route: 'DELETE /organizations/org-wild-river/api_keys/7',
    status: 200,
    answer: { id: 7, name: 'ci', created_at: '2026-11-01T00:00:00Z', revoked: true },
  },
};
