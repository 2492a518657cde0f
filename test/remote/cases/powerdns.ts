import { expect } from 'vitest';
import { powerdns } from '../../../src/providers/built-in/powerdns.ts';
import type { Case } from '../case.ts';

const key = { id: 'ci.', name: 'ci', algorithm: 'hmac-sha256', key: '', type: 'TSIGKey' };
const secret = 'c2VjcmV0IG9mIHRoZSBuZXcga2V5EXAMPLE=';
/** 64 random bytes. */
const made: unknown = expect.stringMatching(/^[\w+/]{86}==$/);

export const powerdnsCase: Case = {
  provider: powerdns,
  credential: ['x-api-key', 'tok-EXAMPLE'],
  list: { route: 'GET /tsigkeys', status: 200, answer: [key] },
  empty: [],
  keys: [{ id: 'ci.', name: 'ci', status: 'active' }],
  show: {
    id: 'ci.',
    route: 'GET /tsigkeys/ci.',
    status: 200,
    answer: { ...key, key: secret },
    key: { name: 'ci' },
  },
  create: {
    spec: { name: 'ci' },
    route: 'POST /tsigkeys',
    body: { name: 'ci', algorithm: 'hmac-sha256' },
    status: 201,
    answer: { ...key, key: secret },
    key: { id: 'ci.', name: 'ci' },
    secret,
  },
  rotate: {
    id: 'ci.',
    expiresAt: null,
    route: 'PUT /tsigkeys/ci.',
    body: { key: made },
    status: 204,
    key: { id: 'ci.', name: 'ci' },
    secret: made as string,
  },
  revoke: { id: 'ci.', route: 'DELETE /tsigkeys/ci.', status: 204 },
};
