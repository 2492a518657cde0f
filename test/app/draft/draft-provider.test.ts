import { describe, expect, test } from 'vitest';
import { draftProvider } from '../../../src/app/draft/draft-provider.ts';
import type { Choice } from '../../../src/output/prompt.ts';
import { checkText } from '../../../src/providers/check-file.ts';

type Answers = readonly (readonly [question: string, ...answers: string[]])[];

/** Answers by a part of the question, several in turn; otherwise the proposal or the first choice. */
class Scripted {
  readonly asked: string[] = [];
  readonly #answers: Map<string, string[]>;

  constructor(answers: Answers) {
    this.#answers = new Map(answers.map(([question, ...texts]) => [question, texts]));
  }

  async ask(question: string, proposal?: string): Promise<string> {
    this.asked.push(question);
    const answer = this.#answerTo(question) ?? proposal;
    if (answer === undefined) throw new Error(`no answer to ${question}`);
    return answer;
  }

  async choose<T extends string>(question: string, choices: readonly Choice<T>[]): Promise<T> {
    this.asked.push(question);
    const wanted = this.#answerTo(question) ?? choices[0]?.value;
    const choice = choices.find(({ value }) => value === wanted);
    if (!choice) throw new Error(`${question} has no choice ${wanted}`);
    return choice.value;
  }

  #answerTo(question: string): string | undefined {
    for (const [part, answers] of this.#answers) {
      if (question.includes(part) && answers.length > 0) return answers.shift();
    }
    return undefined;
  }

  unused(): string[] {
    return [...this.#answers].filter(([, answers]) => answers.length > 0).map(([question]) => question);
  }
}

async function drafted(answers: Answers) {
  const script = new Scripted([['Id of', 'acme'], ...answers]);
  const draft = await draftProvider(script, async () => {});
  expect(script.unused()).toEqual([]);
  const { issues, remarks } = checkText(JSON.stringify(draft));
  return { draft, asked: script.asked, issues, remarks };
}

test('with every proposal accepted, the file has no faults and no more than is known', async () => {
  const { draft, issues, remarks } = await drafted([]);
  expect({ issues, remarks }).toEqual({ issues: [], remarks: [] });
  expect(draft).toEqual({
    id: 'acme',
    name: 'Acme',
    auth: { header: 'Authorization', scheme: 'Bearer' },
    capabilities: { overlap: 'client', expiry: 'none', uniqueNames: false, maxKeys: null },
    list: { get: '/keys', items: 'data' },
    create: { post: '/keys', body: { name: '{name}' }, key: '', secret: 'secret' },
    revoke: { delete: '/keys/{id}' },
    key: { id: 'id', name: 'name', createdAt: 'created_at' },
  });
});

test('an API with everything is drafted without faults', async () => {
  const { draft, issues, remarks } = await drafted([
    ['Base URL', 'http://api.example.com', 'https://api.example.com/v1'],
    ['documentation', 'https://example.com/docs'],
    ['session token', 'header'],
    ['Word before', '/api-keys', 'token'],
    ['every request', 'version', 'X-Version: 2'],
    ['Settings that paths', 'project'],
    ['lists the keys', '/projects/{project}/keys', '/projects/{option.project}/keys'],
    ['with the keys', '/data', 'apiKeys'],
    ['further pages', 'last'],
    ['key with its id', 'publicId'],
    ['last use', 'lastUsedAt'],
    ['it works', 'state'],
    ['if the key works', 'on'],
    ['is disabled', 'off'],
    ['is revoked', '-'],
    ['can a key expire', 'steps'],
    ['The spans', 'soon', '30d, 90d'],
    ['Permissions a key', 'read, write'],
    ['can be set for', 'name', 'description, rate limit, budget, models, labels'],
    ['How is budget written', 'cents'],
    ['same name', 'yes'],
    ['with the new key', 'apiKey'],
    ['shows one key', '/keys', '/keys/{id}'],
    ['Can a key be changed', 'put'],
    ['Method to revoke', 'post'],
    ['Path to revoke', '/keys/revoke'],
    ['for the id', 'data.id'],
    ['side by side', 'server'],
    ['how long the old secret works', 'gracePeriodSeconds'],
    ['can be active', 'many', '10'],
    ['any working key', '/keys/{id}', '/me'],
    ['a working key has', 'user'],
    ['count the use', 'call'],
    ['Path of the totals', '/usage'],
    ['tokens', 'tokens'],
    ['was spent', 'cost'],
    ['first day', 'start'],
    ['How is start written', 'date'],
    ['requests made with keys', '/logs'],
    ['it is always POST', '-'],
  ]);
  expect(issues).toEqual([]);
  expect(remarks).toEqual([]);
  expect(draft).toMatchInlineSnapshot(`
    {
      "auth": {
        "header": "X-Api-Key",
        "scheme": "token",
      },
      "capabilities": {
        "expiry": "steps",
        "expirySteps": [
          "30d",
          "90d",
        ],
        "maxKeys": 10,
        "overlap": "server",
        "uniqueNames": true,
      },
      "create": {
        "body": {
          "budget": "{budgetUsd:cents}",
          "description": "{description}",
          "expiresAt": "{expiresAt:iso}",
          "labels": "{labels}",
          "models": "{models}",
          "name": "{name}",
          "permissions": "{permissions}",
          "rateLimit": "{rateLimitRpm}",
        },
        "key": "apiKey",
        "post": "/projects/{option.project}/keys",
        "secret": "apiKey.secret",
      },
      "docs": "https://example.com/docs",
      "headers": {
        "X-Version": "2",
      },
      "id": "acme",
      "key": {
        "budgetUsd": {
          "as": "cents",
          "at": "budget",
        },
        "createdAt": "createdAt",
        "description": "description",
        "expiresAt": "expiresAt",
        "id": "publicId",
        "labels": "labels",
        "lastUsedAt": "lastUsedAt",
        "models": "models",
        "name": "name",
        "permissions": "permissions",
        "rateLimitRpm": "rateLimit",
        "status": [
          {
            "at": "state",
            "words": {
              "off": "disabled",
              "on": "active",
            },
          },
        ],
      },
      "list": {
        "get": "/projects/{option.project}/keys",
        "items": "apiKeys",
        "paging": {
          "by": "cursor",
          "cursor": "after",
          "last": "id",
          "limit": "limit",
          "more": "has_more",
          "size": 100,
        },
      },
      "logs": {
        "entry": {
          "keyId": "keyId",
          "method": {
            "always": "POST",
          },
          "path": "path",
          "statusCode": "status",
          "timestamp": "timestamp",
        },
        "get": "/logs",
        "items": "data",
        "paging": {
          "by": "cursor",
          "cursor": "after",
          "last": "id",
          "limit": "limit",
          "more": "has_more",
          "size": 100,
        },
      },
      "name": "Acme",
      "options": {
        "project": {
          "help": "the project",
          "required": true,
        },
      },
      "permissions": [
        "read",
        "write",
      ],
      "revoke": {
        "body": {
          "data": {
            "id": "{id}",
          },
        },
        "post": "/keys/revoke",
      },
      "rotate": {
        "body": {
          "gracePeriodSeconds": "{grace:seconds}",
        },
        "keepsId": true,
        "post": "/projects/{option.project}/keys/{id}/rotate",
        "secret": "apiKey.secret",
      },
      "show": {
        "get": "/keys/{id}",
        "key": "apiKey",
      },
      "update": {
        "body": {
          "budget": "{budgetUsd:cents}",
          "description": "{description}",
          "expiresAt": "{expiresAt:iso}",
          "labels": "{labels}",
          "models": "{models}",
          "name": "{name}",
          "permissions": "{permissions}",
          "rateLimit": "{rateLimitRpm}",
        },
        "key": "apiKey",
        "put": "/projects/{option.project}/keys/{id}",
      },
      "url": "https://api.example.com/v1",
      "usage": {
        "defaultDays": 30,
        "get": "/usage",
        "items": "data",
        "paging": {
          "by": "cursor",
          "cursor": "after",
          "last": "id",
          "limit": "limit",
          "more": "has_more",
          "size": 100,
        },
        "query": {
          "start": "{since:date}",
        },
        "row": {
          "date": "date",
          "keyId": "keyId",
          "requests": "requests",
          "spentUsd": "cost",
          "tokens": "tokens",
        },
      },
      "verify": {
        "get": "/me",
        "requires": "user",
      },
    }
  `);
});

test('an API without a call to revoke names its console', async () => {
  const { draft, issues } = await drafted([
    ['Method to revoke', 'none'],
    ['Where are keys revoked', 'the Acme console'],
  ]);
  expect(issues).toEqual([]);
  expect(draft).toMatchObject({ console: 'the Acme console' });
  expect(draft).not.toHaveProperty('revoke');
});

test.each(['server', 'none'])('with the overlap %s, the API rotates a key in place', async (overlap) => {
  const { draft, issues, remarks } = await drafted([
    ['side by side', overlap],
    ['with the new key', 'key'],
    ['how long the old secret', ...(overlap === 'server' ? ['grace'] : [])],
    ...(overlap === 'server' ? [['How is grace written', 'duration'] as const] : []),
  ]);
  expect({ issues, remarks }).toEqual({ issues: [], remarks: [] });
  expect(draft.rotate).toEqual({
    post: '/keys/{id}/rotate',
    ...(overlap === 'server' && { body: { grace: '{grace:duration}' } }),
    keepsId: true,
    secret: 'key.secret',
  });
});

test('without a grace period, nothing keeps the old secret of the same key', async () => {
  const { draft, issues } = await drafted([['side by side', 'server']]);
  expect(issues).toEqual([]);
  expect(draft).toMatchObject({ capabilities: { overlap: 'none' }, rotate: { keepsId: true } });
});

describe('a wrong answer', () => {
  test('is asked for again, and says what to enter', async () => {
    const { asked } = await drafted([['lists the keys', 'https://api.example.com/keys', '/keys?all', '/a']]);
    expect(asked.filter((question) => question.includes('lists the keys'))).toEqual([
      'Path that lists the keys',
      'Path that lists the keys (write a path such as /keys)',
      'Path that lists the keys (write a path such as /keys)',
    ]);
  });

  test('can be gone back to, without a question that was answered before', async () => {
    const { draft, asked } = await drafted([
      ['Name to show', 'Acmee', 'Acme API'],
      ['Base URL', '<'],
    ]);
    expect(draft.name).toBe('Acme API');
    expect(asked.filter((question) => question.startsWith('Id of'))).toHaveLength(1);
    expect(asked.slice(0, 5).map((question) => question.split(' ')[0])).toEqual([
      'Id',
      'Name',
      'Base',
      'Name',
      'Base',
    ]);
  });

  test('at the first question is the first question again', async () => {
    const script = new Scripted([['Id of', '<', 'acme']]);
    expect(await draftProvider(script, async () => {})).toMatchObject({ id: 'acme' });
  });
});

test('a file that is to stay is asked about once, also after going back', async () => {
  const ids: string[] = [];
  const script = new Scripted([
    ['Id of', 'acme', 'acme'],
    ['Name to show', '<'],
  ]);
  await draftProvider(script, async (id) => {
    ids.push(id);
  });
  expect(ids).toEqual(['acme']);
});
