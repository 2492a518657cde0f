import { sentry } from '../../../src/providers/built-in/sentry.ts';
import type { Case } from '../case.ts';

const keys = '/api/0/projects/acme/web/keys/';
const id = '60120449b6b1d5e45f75561e6dabd80b';
const dsn = 'https://a785682ddda742d7a8a4088810e67791@o4504765715316736.ingest.example.com/4505281256090153';
const loader = {
  hasReplay: true,
  hasPerformance: true,
  hasDebug: true,
  hasFeedback: false,
  hasLogsAndMetrics: false,
};
const key = {
  id,
  name: 'Liked Pegasus',
  label: 'Liked Pegasus',
  public: id,
  secret: '189485c3b8ccf582bf5e12c530ef8858',
  projectId: 4_505_281_256_090_153,
  isActive: true,
  rateLimit: { window: 7200, count: 1000 },
  dsn: { secret: dsn.replace('@', ':bcd99b3790b3441c85ce4b1eaa854f66@'), public: dsn },
  browserSdkVersion: '7.x',
  browserSdk: { choices: [['7.x', '7.x']] },
  dateCreated: '2023-06-21T19:50:26.036254Z',
  dynamicSdkLoaderOptions: loader,
  useCase: 'user',
};

export const sentryCase: Case = {
  provider: sentry,
  options: { organization: 'acme', project: 'web' },
  credential: ['authorization', 'Bearer tok-EXAMPLE'],
  list: { route: `GET ${keys}`, status: 200, answer: [key, { ...key, id: 'k2', isActive: false }] },
  empty: [],
  keys: [
    { id, name: 'Liked Pegasus', status: 'active', createdAt: '2023-06-21T19:50:26.036Z' },
    { id: 'k2', status: 'disabled' },
  ],
  show: { id, route: `GET ${keys}${id}/`, status: 200, answer: key, key: { name: 'Liked Pegasus' } },
  create: {
    spec: { name: 'Liked Pegasus', kept: { rateLimit: { window: 7200, count: 1000 }, useCase: 'user' } },
    route: `POST ${keys}`,
    body: { name: 'Liked Pegasus', rateLimit: { window: 7200, count: 1000 }, useCase: 'user' },
    status: 201,
    answer: key,
    key: { id, name: 'Liked Pegasus' },
    secret: dsn,
  },
  update: {
    id,
    changes: { name: 'Web' },
    route: `PUT ${keys}${id}/`,
    body: { browserSdkVersion: '7.x', name: 'Web' },
    status: 200,
    answer: { ...key, name: 'Web' },
  },
  disable: {
    id,
    route: `PUT ${keys}${id}/`,
    body: { browserSdkVersion: '7.x', isActive: false },
    status: 200,
    answer: { ...key, isActive: false },
  },
  revoke: { id, route: `DELETE ${keys}${id}/`, status: 204 },
};
