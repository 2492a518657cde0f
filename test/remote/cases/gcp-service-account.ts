import { gcpServiceAccount } from '../../../src/providers/built-in/gcp-service-account.ts';
import type { Case } from '../case.ts';

const account = 'ci@my-project.iam.gserviceaccount.com';
const keys = '/v1/projects/my-project/serviceAccounts/ci%40my-project.iam.gserviceaccount.com/keys';
const id = `projects/my-project/serviceAccounts/${account}/keys/90c48f61c65cd56224a12ab18e6ee9ca9c3aee7c`;
const own = `${keys}/90c48f61c65cd56224a12ab18e6ee9ca9c3aee7c`;

const key = {
  name: id,
  validAfterTime: '2020-03-04T17:39:47Z',
  validBeforeTime: '9999-12-31T23:59:59Z',
  keyAlgorithm: 'KEY_ALG_RSA_2048',
  keyOrigin: 'GOOGLE_PROVIDED',
  keyType: 'USER_MANAGED',
};
const disabledKey = {
  ...key,
  name: `projects/my-project/serviceAccounts/${account}/keys/e5e3800831ac1adc8a5849da7d827b4724b1fce8`,
  disabled: true,
};
/** A JSON key file in base64. */
const secret = Buffer.from('{"type": "service_account", "private_key": "EXAMPLE"}').toString('base64');

export const gcpServiceAccountCase: Case = {
  provider: gcpServiceAccount,
  options: { project: 'my-project', account },
  credential: ['authorization', 'Bearer tok-EXAMPLE'],
  list: {
    route: `GET ${keys}?keyTypes=USER_MANAGED`,
    status: 200,
    answer: { keys: [key, disabledKey] },
  },
  empty: {},
  keys: [
    { id, name: id, status: 'active', createdAt: '2020-03-04T17:39:47.000Z', expiresAt: null },
    { id: disabledKey.name, status: 'disabled' },
  ],
  show: { id, route: `GET ${own}`, status: 200, answer: key, key: { status: 'active' } },
  create: {
    spec: { name: 'ci', kept: { algorithm: 'KEY_ALG_RSA_2048' } },
    route: `POST ${keys}`,
    body: { privateKeyType: 'TYPE_GOOGLE_CREDENTIALS_FILE', keyAlgorithm: 'KEY_ALG_RSA_2048' },
    status: 200,
    answer: { ...key, privateKeyType: 'TYPE_GOOGLE_CREDENTIALS_FILE', privateKeyData: secret },
    key: { id },
    secret,
  },
  disable: { id, route: `POST ${own}:disable`, body: {}, status: 200, answer: {} },
  revoke: { id, route: `DELETE ${own}`, status: 200, answer: {} },
};
