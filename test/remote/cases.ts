import { betterAuth } from '../../src/providers/better-auth.ts';
import { drun } from '../../src/providers/drun.ts';
import { gitlab } from '../../src/providers/gitlab.ts';
import { npm } from '../../src/providers/npm.ts';
import { openrouter } from '../../src/providers/openrouter.ts';
import { privatemind } from '../../src/providers/privatemind.ts';
import { riskinmind } from '../../src/providers/riskinmind.ts';
import { unreal } from '../../src/providers/unreal.ts';
import { authorityCase } from './authority-case.ts';
import type { Case } from './case.ts';

export const now = new Date('2026-11-20T12:00:00Z');
const in90Days = new Date('2027-02-18T12:00:00Z');

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

const betterAuthKey = {
  id: 'k1',
  name: 'ci',
  start: 'abc',
  enabled: true,
  createdAt: '2026-11-01T00:00:00.000Z',
  expiresAt: '2027-02-18T12:00:00.000Z',
  lastRequest: null,
  requestCount: 3,
};

const gitlabToken = {
  id: 42,
  name: 'ci',
  description: 'deploys',
  revoked: false,
  active: true,
  created_at: '2026-11-01T00:00:00.000Z',
  scopes: ['read_api'],
  last_used_at: null,
  expires_at: '2027-02-18',
};

const privatemindKey = {
  access_key_id: 'ak_1234567890ab',
  prefix: 'ak_123456789',
  description: 'ci',
  status: 'active',
  rate_limit_rpm: 60,
  budget_usd: null,
  spend_usd: 1.5,
  allowed_models: [],
  requests: 17,
  tokens: 4250,
  created_at: '2026-11-01T00:00:00Z',
  expiration_date: '2027-02-18T12:00:00Z',
  last_used_at: null,
  last_ip: null,
  permission: 'read',
};

const npmToken = {
  token: 'npm_abc...xyz',
  key: 'id1',
  cidr_whitelist: null,
  readonly: false,
  created: '2026-11-01T00:00:00.000Z',
};

export const cases: Case[] = [
  {
    provider: unreal,
    credential: ['authorization', 'Bearer tok-EXAMPLE'],
    list: {
      route: 'GET /v1/keys',
      status: 200,
      answer: {
        keys: [
          { name: 'my-production-app', hash: 'abc123def456ghi789', created: 1694268762 },
          { name: 'testing-key', hash: 'def456ghi789jkl', created: 1694352481 },
        ],
      },
    },
    empty: { keys: [] },
    keys: [
      {
        id: 'abc123def456ghi789',
        name: 'my-production-app',
        status: 'active',
        createdAt: '2023-09-09T14:12:42.000Z',
      },
      { id: 'def456ghi789jkl', name: 'testing-key' },
    ],
    show: {
      id: 'abc123def456ghi789',
      route: 'GET /v1/keys/abc123def456ghi789',
      status: 200,
      answer: {
        name: 'my-production-app',
        hash: 'abc123def456ghi789',
        created: 1694268762,
        usage: { requests: 17, tokens: 4250 },
      },
      key: { usage: { requests: 17, tokens: 4250 } },
    },
    create: {
      spec: { name: 'ci' },
      route: 'POST /v1/keys',
      body: { name: 'ci' },
      status: 200,
      answer: { name: 'ci', key: 'sk-a1b2c3d4e5f6g7h8EXAMPLE', hash: 'h2', created: 1694268762 },
      key: { id: 'h2', name: 'ci' },
      secret: 'sk-a1b2c3d4e5f6g7h8EXAMPLE',
    },
    revoke: { id: 'h2', route: 'DELETE /v1/keys/h2', status: 200, answer: { deleted: true } },
  },
  {
    provider: riskinmind,
    credential: ['authorization', 'Bearer tok-EXAMPLE'],
    list: {
      route: 'GET /api/v1/keys/',
      status: 200,
      answer: {
        success: true,
        data: {
          keyId: 'key_12345',
          keySnippet: 'sk_live_...9f8a',
          status: 'ACTIVE',
          createdAt: '2023-10-01T12:00:00Z',
        },
      },
    },
    empty: { success: true, data: null },
    keys: [
      {
        id: 'key_12345',
        name: 'api-key',
        status: 'active',
        prefix: 'sk_live_...9f8a',
        createdAt: '2023-10-01T12:00:00.000Z',
      },
    ],
    create: {
      spec: { name: 'Production Application Key' },
      route: 'POST /api/v1/keys/generate',
      body: { label: 'Production Application Key' },
      status: 200,
      answer: {
        success: true,
        data: { apiKey: 'sk_live_abcdef12345678EXAMPLE', createdAt: '2023-10-01T12:00:00Z' },
      },
      key: { id: 'key_12345' },
      secret: 'sk_live_abcdef12345678EXAMPLE',
    },
    afterCreate: {
      route: 'GET /api/v1/keys/',
      status: 200,
      answer: {
        success: true,
        data: {
          keyId: 'key_12345',
          keySnippet: 'sk_live_...MPLE',
          status: 'ACTIVE',
          createdAt: '2023-10-01T12:00:00Z',
        },
      },
    },
    rotate: {
      id: 'key_12345',
      expiresAt: null,
      route: 'POST /api/v1/keys/regenerate',
      status: 200,
      answer: {
        success: true,
        data: { apiKey: 'sk_live_newkey12345EXAMPLE', message: 'Key regenerated successfully.' },
      },
      key: { id: 'key_12345' },
      secret: 'sk_live_newkey12345EXAMPLE',
    },
    revoke: {
      id: 'key_12345',
      route: 'POST /api/v1/keys/revoke',
      status: 200,
      answer: { success: true, message: 'API Key revoked successfully.' },
    },
  },
  {
    provider: privatemind,
    credential: ['authorization', 'Bearer tok-EXAMPLE'],
    list: {
      route: 'GET /v1/api-keys?limit=100&page=1',
      status: 200,
      answer: { api_keys: [privatemindKey], summary: { active: 1 }, total: 1, page: 1, limit: 100 },
    },
    empty: { api_keys: [], summary: { active: 0 }, total: 0, page: 1, limit: 100 },
    keys: [
      {
        id: 'ak_1234567890ab',
        name: 'ci',
        status: 'active',
        prefix: 'ak_123456789',
        expiresAt: '2027-02-18T12:00:00.000Z',
        rateLimitRpm: 60,
        budgetUsd: null,
        spentUsd: 1.5,
        models: [],
        permissions: ['read'],
        usage: { requests: 17, tokens: 4250 },
      },
    ],
    show: {
      id: 'ak_1234567890ab',
      route: 'GET /v1/api-keys/ak_1234567890ab',
      status: 200,
      answer: privatemindKey,
      key: { name: 'ci' },
    },
    create: {
      spec: { name: 'ci', expiresAt: in90Days, rateLimitRpm: 120, budgetUsd: 9.5, models: ['m1'] },
      route: 'POST /v1/api-keys',
      body: {
        description: 'ci',
        expiration: '90d',
        rate_limit_rpm: 120,
        budget_usd: 9.5,
        allowed_models: ['m1'],
      },
      status: 201,
      answer: { ...privatemindKey, token: 'ak_1234567890ab:secretEXAMPLE' },
      key: { id: 'ak_1234567890ab' },
      secret: 'ak_1234567890ab:secretEXAMPLE',
    },
    update: {
      id: 'ak_1234567890ab',
      changes: { budgetUsd: null, models: [] },
      route: 'PATCH /v1/api-keys/ak_1234567890ab',
      body: { budget_usd: null, allowed_models: [] },
      status: 200,
      answer: privatemindKey,
    },
    revoke: {
      id: 'ak_1234567890ab',
      route: 'DELETE /v1/api-keys/ak_1234567890ab',
      status: 200,
      answer: { revoked: true },
    },
  },
  {
    provider: drun,
    credential: ['authorization', 'Bearer tok-EXAMPLE'],
    list: {
      route: 'GET /apis/v1/apikeys',
      status: 200,
      answer: {
        items: [{ id: 'i1', name: 'test-key', apiKey: 'sk-x1V****i7uc', createdAt: '2026-11-01T00:00:00Z' }],
      },
    },
    empty: { items: [] },
    keys: [{ id: 'i1', name: 'test-key', prefix: 'sk-x1V****i7uc', status: 'active' }],
    create: {
      spec: { name: 'ci' },
      route: 'POST /apis/v1/apikeys',
      body: { name: 'ci' },
      status: 201,
      answer: {
        id: 'i2',
        name: 'ci',
        apiKey: 'sk-x1VDTAFB7Ra1hldATbncOaEXAMPLE',
        createdAt: '2026-11-20T12:00:00Z',
      },
      key: { id: 'i2', prefix: 'sk-x1VDT…MPLE' },
      secret: 'sk-x1VDTAFB7Ra1hldATbncOaEXAMPLE',
    },
    revoke: { id: 'i2', route: 'DELETE /apis/v1/apikeys/i2', status: 204 },
  },
  authorityCase,
  {
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
  },
  {
    provider: betterAuth,
    credential: ['authorization', 'Bearer tok-EXAMPLE'],
    list: {
      route: 'GET /api-key/list?sortBy=createdAt&sortDirection=desc&limit=100',
      status: 200,
      answer: { apiKeys: [betterAuthKey], total: 1, limit: 100 },
    },
    empty: { apiKeys: [], total: 0 },
    keys: [
      {
        id: 'k1',
        name: 'ci',
        status: 'active',
        prefix: 'abc',
        lastUsedAt: null,
      },
    ],
    show: {
      id: 'k1',
      route: 'GET /api-key/get?id=k1',
      status: 200,
      answer: betterAuthKey,
      key: { name: 'ci' },
    },
    create: {
      spec: { name: 'ci', expiresAt: in90Days },
      route: 'POST /api-key/create',
      body: { name: 'ci', expiresIn: 7_776_000 },
      status: 200,
      answer: { ...betterAuthKey, key: 'abcdefghijklmnopEXAMPLE' },
      key: { id: 'k1' },
      secret: 'abcdefghijklmnopEXAMPLE',
    },
    update: {
      id: 'k1',
      changes: { name: 'new' },
      route: 'POST /api-key/update',
      body: { keyId: 'k1', name: 'new' },
      status: 200,
      answer: betterAuthKey,
    },
    disable: {
      id: 'k1',
      route: 'POST /api-key/update',
      body: { keyId: 'k1', enabled: false },
      status: 200,
      answer: betterAuthKey,
    },
    revoke: {
      id: 'k1',
      route: 'POST /api-key/delete',
      body: { keyId: 'k1' },
      status: 200,
      answer: { success: true },
    },
  },
  {
    provider: gitlab,
    options: { project: 'group/app' },
    credential: ['private-token', 'tok-EXAMPLE'],
    list: {
      route: 'GET /projects/group%2Fapp/access_tokens?per_page=100',
      status: 200,
      answer: [gitlabToken],
    },
    empty: [],
    keys: [
      {
        id: '42',
        name: 'ci',
        description: 'deploys',
        status: 'active',
        expiresAt: '2027-02-18T00:00:00.000Z',
        permissions: ['read_api'],
        lastUsedAt: null,
      },
    ],
    show: {
      id: '42',
      route: 'GET /projects/group%2Fapp/access_tokens/42',
      status: 200,
      answer: gitlabToken,
      key: { name: 'ci' },
    },
    create: {
      spec: { name: 'ci', description: 'deploys', permissions: ['read_api'], expiresAt: in90Days },
      route: 'POST /projects/group%2Fapp/access_tokens',
      body: { name: 'ci', description: 'deploys', scopes: ['read_api'], expires_at: '2027-02-18' },
      status: 201,
      answer: { ...gitlabToken, token: 'glpat-abcdefghijklmnEXAMPLE' },
      key: { id: '42' },
      secret: 'glpat-abcdefghijklmnEXAMPLE',
    },
    rotate: {
      id: '42',
      expiresAt: in90Days,
      route: 'POST /projects/group%2Fapp/access_tokens/42/rotate',
      body: { expires_at: '2027-02-18' },
      status: 200,
      answer: { ...gitlabToken, id: 43, token: 'glpat-opqrstuvwxyzabEXAMPLE' },
      key: { id: '43', name: 'ci' },
      secret: 'glpat-opqrstuvwxyzabEXAMPLE',
    },
    revoke: { id: '42', route: 'DELETE /projects/group%2Fapp/access_tokens/42', status: 204 },
  },
  {
    provider: npm,
    credential: ['authorization', 'Bearer tok-EXAMPLE'],
    list: { route: 'GET /-/npm/v1/tokens', status: 200, answer: { objects: [npmToken], urls: { next: '' } } },
    empty: { objects: [], urls: {} },
    keys: [
      {
        id: 'id1',
        name: 'id1',
        prefix: 'npm_abc...xyz',
        createdAt: '2026-11-01T00:00:00.000Z',
        status: 'active',
      },
    ],
    create: {
      spec: { name: 'ci', description: 'deploys', expiresAt: in90Days },
      route: 'POST /-/npm/v1/tokens',
      body: { password: 'password-EXAMPLE', name: 'ci', description: 'deploys', expires: 90 },
      status: 200,
      answer: { ...npmToken, token: 'npm_abcdefghijklmnopqrEXAMPLE', name: 'ci' },
      key: { id: 'id1', name: 'ci' },
      secret: 'npm_abcdefghijklmnopqrEXAMPLE',
    },
    revoke: { id: 'id1', route: 'DELETE /-/npm/v1/tokens/token/id1', status: 200, answer: {} },
  },
];
