import { pinecone } from '../../../src/providers/built-in/pinecone.ts';
import type { Case } from '../case.ts';

const pineconeKey = { id: 'k1', name: 'ci', project_id: 'p1', roles: ['DataPlaneViewer'] };

export const pineconeCase: Case = {
  // The exchange of the session token is tested in access-tokens.test.ts.
  provider: { ...pinecone, auth: { header: 'Authorization', scheme: 'Bearer' } },
  options: { project: 'p1', clientId: 'c1' },
  credential: ['authorization', 'Bearer tok-EXAMPLE'],
  list: { route: 'GET /admin/projects/p1/api-keys', status: 200, answer: { data: [pineconeKey] } },
  empty: { data: [] },
  keys: [{ id: 'k1', name: 'ci', status: 'active', permissions: ['DataPlaneViewer'] }],
  create: {
    spec: { name: 'ci', permissions: ['DataPlaneViewer'] },
    route: 'POST /admin/projects/p1/api-keys',
    body: { name: 'ci', roles: ['DataPlaneViewer'] },
    status: 201,
    answer: { key: pineconeKey, value: 'pckey_abcdefghijklmnopEXAMPLE' },
    key: { id: 'k1', name: 'ci' },
    secret: 'pckey_abcdefghijklmnopEXAMPLE',
  },
  update: {
    id: 'k1',
    changes: { name: 'new', permissions: ['ProjectViewer'] },
    route: 'PATCH /admin/api-keys/k1',
    body: { name: 'new', roles: ['ProjectViewer'] },
    status: 200,
    answer: pineconeKey,
  },
  revoke: { id: 'k1', route: 'DELETE /admin/api-keys/k1', status: 202 },
};
