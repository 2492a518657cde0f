import type { Provider } from '../declaration/provider.ts';

export const gcpServiceAccount: Provider = {
  id: 'gcp-service-account',
  name: 'Google Cloud service account keys',
  docs: 'IAM API v1, https://docs.cloud.google.com/iam/docs/reference/rest/v1/projects.serviceAccounts.keys',
  asOf: '2026-11',
  note: 'the session token is an OAuth access token, which works for about an hour: gcloud auth print-access-token. The secret is the JSON key file in base64, as the API returns it: decode it with base64 -d. Keys have no names; their ids are resource names, projects/…/keys/…. The API cannot set an expiry: an organization policy does, and the rotation of a key that has one needs --allow-loss. Reads may lag behind writes, and a new key may need a moment until it works. To revoke a key does not revoke short-lived credentials that were issued with it. A key that was uploaded is replaced by one that Google generates. Undocumented here: when a key was last used, and a call that verifies one',
  url: 'https://iam.googleapis.com',
  auth: { header: 'Authorization', scheme: 'Bearer' },
  options: {
    project: { help: 'id of the project of the service account', required: true },
    account: { help: 'email address of the service account', required: true },
  },
  capabilities: { overlap: 'client', expiry: 'none', uniqueNames: false, maxKeys: null },
  list: {
    get: '/v1/projects/{option.project}/serviceAccounts/{option.account}/keys',
    // The others are keys of Google, which it rotates itself.
    query: { keyTypes: 'USER_MANAGED' },
    items: 'keys',
    omitted: true,
  },
  show: { get: '/v1/{id:path}' },
  create: {
    post: '/v1/projects/{option.project}/serviceAccounts/{option.account}/keys',
    body: { privateKeyType: 'TYPE_GOOGLE_CREDENTIALS_FILE', keyAlgorithm: '{kept.algorithm}' },
    key: '',
    secret: 'privateKeyData',
  },
  disable: { post: '/v1/{id:path}:disable', body: {}, confirms: 'status' },
  enable: { post: '/v1/{id:path}:enable', body: {}, confirms: 'status' },
  revoke: { delete: '/v1/{id:path}' },
  key: {
    id: 'name',
    name: { always: 'service-account-key' },
    status: [{ at: 'disabled', words: { true: 'disabled', false: 'active' } }],
    createdAt: 'validAfterTime',
    expiresAt: { at: 'validBeforeTime', none: ['9999-12-31T23:59:59Z'] },
    kept: { algorithm: 'keyAlgorithm' },
  },
  errors: { message: 'error.message', code: 'error.status' },
};
