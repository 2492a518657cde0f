import type { Provider } from '../declaration/provider.ts';

const keys = '/api/0/projects/{option.organization}/{option.project}/keys/';

/** A change keeps what it does not send, but for this, which falls back to a default. */
const sdkVersion = { browserSdkVersion: '{kept.browserSdkVersion}' };

export const sentry: Provider = {
  id: 'sentry',
  name: 'Sentry client keys (DSN)',
  docs: 'Sentry API v0, https://docs.sentry.io/api/projects/post-project-keys/',
  asOf: '2026-08',
  note: 'the secret of a key is its public DSN, which the API never hides; the deprecated one with a secret part is not delivered. For another region or an installation of your own: --url https://de.sentry.io. To revoke a key needs a session token with project:admin. A rotation keeps the rate limit, but not the settings of the JavaScript loader. A name has at most 64 characters. Undocumented: whether names are unique. The API has no documented call for organization tokens and tokens of internal integrations',
  url: 'https://sentry.io',
  page: { tokens: 'https://sentry.io/settings/account/api/auth-tokens/' },
  auth: { header: 'Authorization', scheme: 'Bearer' },
  options: {
    organization: { help: 'id or slug of the organization', required: true },
    project: { help: 'id or slug of the project', required: true },
  },
  capabilities: { overlap: 'client', expiry: 'none', uniqueNames: false, maxKeys: null },
  list: { get: keys, items: '', whole: true, paging: { by: 'link', more: 'results' } },
  show: { get: `${keys}{id}/` },
  create: {
    post: keys,
    body: { name: '{name}', rateLimit: '{kept.rateLimit}', useCase: '{kept.useCase}' },
    key: '',
    secret: 'dsn.public',
  },
  update: { put: `${keys}{id}/`, body: { ...sdkVersion, name: '{name}' }, partial: true },
  disable: { put: `${keys}{id}/`, body: { ...sdkVersion, isActive: false }, partial: true },
  enable: { put: `${keys}{id}/`, body: { ...sdkVersion, isActive: true }, partial: true },
  revoke: { delete: `${keys}{id}/` },
  values: ['sntryu_{hex:64}'],
  key: {
    id: 'id',
    name: 'name',
    status: [{ at: 'isActive', words: { true: 'active', false: 'disabled' } }],
    secret: 'dsn.public',
    createdAt: 'dateCreated',
    kept: { rateLimit: 'rateLimit', useCase: 'useCase', browserSdkVersion: 'browserSdkVersion' },
    harmless: ['browserSdkVersion', 'dynamicSdkLoaderOptions'],
  },
  errors: { message: 'detail' },
};
