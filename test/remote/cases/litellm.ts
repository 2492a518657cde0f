import { litellm } from '../../../src/providers/built-in/litellm.ts';
import type { Case } from '../case.ts';
import { in90Days } from '../clock.ts';

const liteKey = {
  token: 'f3b5',
  key_name: 'sk-...7sFA',
  key_alias: 'ci',
  spend: 1.5,
  expires: '2027-02-18T12:00:00Z',
  models: ['gpt-4o'],
  aliases: {},
  config: {},
  user_id: 'ada',
  team_id: null,
  max_budget: 25,
  budget_duration: '30d',
  budget_reset_at: '2026-12-01T00:00:00Z',
  rpm_limit: 60,
  tpm_limit: 1000,
  blocked: null,
  metadata: { app: 'search' },
  created_at: '2026-11-01T00:00:00Z',
  updated_at: '2026-11-01T00:00:00Z',
};

function spendLog(time: string) {
  return {
    request_id: `chatcmpl-${time}`,
    call_type: 'acompletion',
    api_key: 'f3b5',
    spend: 0.25,
    startTime: `2026-11-20T${time}Z`,
    endTime: `2026-11-20T${time}Z`,
    model: 'gpt-4o',
    metadata: {},
  };
}

function entry(time: string) {
  return {
    timestamp: `2026-11-20T${time}.000Z`,
    method: 'POST',
    path: 'acompletion',
    keyId: 'f3b5',
    model: 'gpt-4o',
    costUsd: 0.25,
  };
}

export const litellmCase: Case = {
  provider: litellm,
  credential: ['authorization', 'Bearer tok-EXAMPLE'],
  list: {
    route: 'GET /key/list?return_full_object=true&size=100&page=1',
    status: 200,
    answer: { keys: [liteKey], total_count: 1, current_page: 1, total_pages: 1 },
  },
  empty: { keys: [], total_count: 0, current_page: 1, total_pages: 0 },
  keys: [
    {
      id: 'f3b5',
      name: 'ci',
      status: 'active',
      prefix: 'sk-...7sFA',
      createdAt: '2026-11-01T00:00:00.000Z',
      expiresAt: '2027-02-18T12:00:00.000Z',
      rateLimitRpm: 60,
      budgetUsd: 25,
      spentUsd: 1.5,
      models: ['gpt-4o'],
    },
  ],
  create: {
    spec: {
      name: 'ci',
      expiresAt: in90Days,
      models: ['gpt-4o'],
      budgetUsd: 25,
      rateLimitRpm: 60,
      kept: { budgetDuration: '30d', teamId: 't1' },
    },
    route: 'POST /key/generate',
    body: {
      key_alias: 'ci',
      duration: '7776000s',
      models: ['gpt-4o'],
      max_budget: 25,
      rpm_limit: 60,
      budget_duration: '30d',
      team_id: 't1',
    },
    status: 200,
    answer: {
      key: 'sk-abcdefghijklmnopqrEXAMPLE',
      key_name: 'sk-...MPLE',
      token_id: '9c1d',
      expires: '2027-02-18T12:00:00Z',
      key_alias: 'ci',
      created_at: '2026-11-20T12:00:00Z',
      updated_at: '2026-11-20T12:00:00Z',
    },
    key: { id: '9c1d', name: 'ci', expiresAt: '2027-02-18T12:00:00.000Z' },
    secret: 'sk-abcdefghijklmnopqrEXAMPLE',
  },
  update: {
    id: 'f3b5',
    changes: { budgetUsd: 50, models: ['gpt-4o', 'o3'] },
    route: 'POST /key/update',
    body: { key: 'f3b5', max_budget: 50, models: ['gpt-4o', 'o3'] },
    status: 200,
    answer: { key: 'f3b5', max_budget: 50 },
  },
  disable: {
    id: 'f3b5',
    route: 'POST /key/block',
    body: { key: 'f3b5' },
    status: 200,
    answer: { ...liteKey, blocked: true },
  },
  revoke: {
    id: 'f3b5',
    route: 'POST /key/delete',
    body: { keys: ['f3b5'] },
    status: 200,
    answer: { deleted_keys: ['f3b5'] },
  },
  usage: [
    {
      query: { by: 'key' },
      exchanges: [
        {
          route: 'GET /key/list?return_full_object=true&size=100&page=1',
          status: 200,
          answer: { keys: [liteKey], total_count: 1, current_page: 1, total_pages: 1 },
        },
      ],
      rows: [{ keyId: 'f3b5', name: 'ci', spentUsd: 1.5 }],
    },
  ],
  logs: [
    {
      query: { keyId: 'f3b5', since: new Date('2026-11-20T10:00:00Z') },
      exchanges: [
        {
          route: 'GET /spend/logs?api_key=f3b5&summarize=false',
          status: 200,
          answer: [spendLog('09:59:59'), spendLog('10:00:00'), spendLog('10:00:01')],
        },
      ],
      entries: [entry('10:00:01'), entry('10:00:00')],
    },
  ],
};
