import { anthropic } from '../../../src/providers/built-in/anthropic.ts';
import type { Case } from '../case.ts';

const key = {
  id: 'apikey_01Rj2N8SVvo6BePZj99NhmiT',
  type: 'api_key',
  name: 'ci',
  status: 'active',
  partial_key_hint: 'sk-ant-api03-R2D...igAA',
  created_at: '2026-10-30T23:58:27.427722Z',
  expires_at: null,
  created_by: { id: 'user_01WCz1FkmYMm4gnmykNKUu3Q', type: 'user' },
  principal: { type: 'user_actor', user_id: 'user_01WCz1FkmYMm4gnmykNKUu3Q' },
  scope: { type: 'workspace', workspace_id: 'wrkspc_01JwQvzr7rXLA5AGx3HKfFUJ' },
};
const id = key.id;

const workspace = 'wrkspc_01JwQvzr7rXLA5AGx3HKfFUJ';
const report = '/v1/organizations/usage_report/messages?starting_at=2026-11-18T00:00:00.000Z&bucket_width=1d';

const use = {
  api_key_id: id,
  workspace_id: null,
  model: null,
  service_tier: null,
  context_window: null,
  uncached_input_tokens: 1000,
  cache_creation: { ephemeral_1h_input_tokens: 100, ephemeral_5m_input_tokens: 200 },
  cache_read_input_tokens: 250,
  output_tokens: 5,
  server_tool_use: { web_search_requests: 1 },
};

function bucket(day: number, results: object[]) {
  return {
    starting_at: `2026-11-${day}T00:00:00Z`,
    ending_at: `2026-11-${day + 1}T00:00:00Z`,
    results,
  };
}

export const anthropicCase: Case = {
  provider: anthropic,
  options: { workspace: 'wrkspc_01JwQvzr7rXLA5AGx3HKfFUJ' },
  credential: ['x-api-key', 'tok-EXAMPLE'],
  list: {
    route: 'GET /v1/organizations/api_keys?workspace_id=wrkspc_01JwQvzr7rXLA5AGx3HKfFUJ&limit=100',
    status: 200,
    answer: {
      data: [
        key,
        { ...key, id: 'apikey_02', status: 'inactive' },
        { ...key, id: 'apikey_03', status: 'archived' },
        { ...key, id: 'apikey_04', status: 'expired' },
        { ...key, id: 'apikey_05', status: 'paused' },
      ],
      has_more: false,
      first_id: id,
      last_id: 'apikey_05',
    },
  },
  empty: { data: [], has_more: false, first_id: null, last_id: null },
  keys: [
    {
      id,
      name: 'ci',
      status: 'active',
      prefix: 'sk-ant-api03-R2D...igAA',
      createdAt: '2026-10-30T23:58:27.427Z',
      expiresAt: null,
    },
    { id: 'apikey_02', status: 'disabled' },
    { id: 'apikey_03', status: 'revoked' },
    { id: 'apikey_04', status: 'expired' },
    { id: 'apikey_05', status: 'unknown' },
  ],
  show: {
    id,
    route: `GET /v1/organizations/api_keys/${id}`,
    status: 200,
    answer: key,
    key: { name: 'ci', status: 'active' },
  },
  update: {
    id,
    changes: { name: 'deploys' },
    route: `POST /v1/organizations/api_keys/${id}`,
    body: { name: 'deploys' },
    status: 200,
    answer: { ...key, name: 'deploys' },
  },
  disable: {
    id,
    route: `POST /v1/organizations/api_keys/${id}`,
    body: { status: 'inactive' },
    status: 200,
    answer: { ...key, status: 'inactive' },
  },
  revoke: {
    id,
    route: `POST /v1/organizations/api_keys/${id}`,
    body: { status: 'archived' },
    status: 200,
    answer: { ...key, status: 'archived' },
  },
  usage: [
    {
      query: { by: 'key', since: new Date('2026-11-18T00:00:00Z') },
      exchanges: [
        {
          route: `GET ${report}&group_by[]=api_key_id&workspace_ids[]=${workspace}`,
          status: 200,
          answer: { data: [bucket(18, [use]), bucket(19, [])], has_more: true, next_page: 'page_2' },
        },
        {
          route: `GET ${report}&group_by[]=api_key_id&workspace_ids[]=${workspace}&page=page_2`,
          status: 200,
          answer: {
            data: [bucket(20, [use, { ...use, api_key_id: null }, { ...use, api_key_id: 'apikey_deleted' }])],
            has_more: false,
            next_page: null,
          },
        },
      ],
      rows: [
        { keyId: id, tokens: 3110 },
        { keyId: null, tokens: 1555 },
        { keyId: 'apikey_deleted', tokens: 1555 },
      ],
    },
    {
      query: { by: 'day', since: new Date('2026-11-18T00:00:00Z'), keyId: id },
      exchanges: [
        {
          route: `GET ${report}&group_by[]=api_key_id&api_key_ids[]=${id}&workspace_ids[]=${workspace}`,
          status: 200,
          answer: { data: [bucket(18, [use]), bucket(19, [use])], has_more: false, next_page: null },
        },
      ],
      rows: [
        { date: '2026-11-18', tokens: 1555 },
        { date: '2026-11-19', tokens: 1555 },
      ],
    },
  ],
};
