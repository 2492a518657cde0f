import { format, inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { looksLikeSecret, maskSecrets, Secret } from '../../src/base/secret.ts';
import { runs } from '../support/runs.ts';

const value = 'sk_live_0123456789abcdefghij_EXAMPLE';

describe('a secret', () => {
  const secret = new Secret(value);

  test('reveals its value on request', () => {
    expect(secret.reveal()).toBe(value);
  });

  test.each([
    ['String', String(secret)],
    ['a template', `${secret}`],
    ['addition', `${'key: '}${secret}`.slice(5)],
    ['an array', [secret].join()],
    ['format', format('%s', secret)],
    ['inspect', inspect(secret)],
  ])('is **** through %s', (_, text) => {
    expect(text).toBe('****');
  });

  test('is **** in JSON, at any depth', () => {
    expect(JSON.stringify({ key: { secrets: [secret] } })).toBe('{"key":{"secrets":["****"]}}');
  });

  test('is **** when an object that contains it is inspected', () => {
    const error = Object.assign(new Error('failed'), { secret, cause: { secret } });
    const holders = [{ secret }, [[secret]], new Map([[secret, secret]]), new Set([secret]), error];
    for (const holder of holders) {
      const printed =
        format('%o %O %j %s', holder, holder, holder, holder) +
        inspect(holder, { depth: 9, showHidden: true });
      expect(printed).toContain('****');
      expect(printed).not.toContain('EXAMPLE');
    }
  });

  test('has no property that a copy would include', () => {
    expect({ ...secret }).toEqual({});
    expect(Object.getOwnPropertyNames(secret)).toEqual([]);
    expect(Object.getOwnPropertySymbols(secret)).toEqual([]);
    expect(inspect(structuredClone(secret))).toBe('{}');
  });
});

const secrets = [
  ['the embedded authority', 'sk_0123456789abcdef_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG_EXAMPL'],
  [
    'a session of the embedded authority',
    'ses_0123456789abcdef_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG_EXAMPL',
  ],
  ['OpenAI', 'sk-proj-0123456789abcdefghijEXAMPLE'],
  ['OpenAI, old', 'sk-0123456789abcdefghijEXAMPLE'],
  ['Anthropic', 'sk-ant-api03-0123456789_abcdefghij-EXAMPLE'],
  ['OpenRouter', 'sk-or-v1-0123456789abcdef0123456789abcdefEXAMPLE'],
  ['Stripe', 'sk_live_0123456789abcdefEXAMPLE'],
  ['Stripe, restricted', 'rk_live_0123456789abcdefEXAMPLE'],
  ['GitHub', 'ghp_0123456789abcdefghijklmnopqrsEXAMPLE'],
  ['GitHub, fine-grained', 'github_pat_0123456789abcdefghijkl_EXAMPLE'],
  ['GitHub, refresh', 'ghr_0123456789abcdefghijklmnopqrsEXAMPLE'],
  ['GitLab', 'glpat-01234_56789-abEXAMPLE'],
  ['Grafana', 'glsa_0123456789abcdefghij_EXAMPLE'],
  ['npm', 'npm_0123456789abcdefghijklmnopqrsEXAMPLE'],
  ['Resend', 're_01234567_0123456789abcdefgEXAMPLE'],
  ['Hugging Face', 'hf_abcdefghijklmnopqrstuvwxyEXAMPLE'],
  ['HubSpot', 'pat-na1-01234567-89ab-cdef-0123-456789abcdef-EXAMPLE'],
  ['Groq', 'gsk_0123456789abcdefghijklEXAMPLE'],
  ['xAI', 'xai-0123456789abcdefghijklEXAMPLE'],
  ['Perplexity', 'pplx-0123456789abcdefghijklEXAMPLE'],
  ['NVIDIA', 'nvapi-0123456789abcdefghijklEXAMPLE'],
  ['Slack', 'xoxb-012345678901-012345678901-EXAMPLE'],
  ['Google', 'AIza0123456789abcdefghijklmnopqEXAMPLE'],
  ['SendGrid', 'SG.0123456789abcdefghij.EXAMPLE'],
  ['AWS', 'AKIA012345678EXAMPLE:wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'],
  ['a session (JWT)', 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEifQ.EXAMPLE'],
] as const;

describe('what looks like a secret', () => {
  test.each(secrets)('the key of %s', (_, text) => {
    expect(looksLikeSecret(text)).toBe(true);
  });

  test.each(secrets)('the key of %s inside a sentence, a URL or an assignment', (_, text) => {
    for (const around of [
      `use ${text} please`,
      `https://host/?key=${text}`,
      `KEY="${text}"`,
      `--token=${text}`,
    ]) {
      expect(looksLikeSecret(around)).toBe(true);
    }
  });

  test.each([
    ['an id', '0123456789abcdef'],
    ['the prefix by which a key is shown', 'sk_0123456789abcdef'],
    ['a shortened secret', 'sk-or-v1-0123...cdef'],
    ['a UUID', '6f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0'],
    ['a SHA-256', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    ['a short name', 'ci'],
    ['a long name', 'release-train-of-the-payments-team-in-frankfurt'],
    ['a name that begins like a Resend key', 're-index-the-archive-every-night'],
    ['a name that begins like an npm token', 'npm-publish-2026-11-release-bot'],
    ['a name that begins like a Hugging Face token', 'hf_dataset_download_job_weekly'],
    ['a name that begins like a personal token', 'pat-and-mat-on-the-build-server'],
    ['a word that ends in a prefix', 'task-0123456789abcdefghijEXAMPLE'],
    ['a sink', 'env:.env.production#STRIPE_SECRET_KEY'],
    ['a path', '/var/lib/keys/data/authority.db'],
    ['a URL', 'https://openai.ideomind.org/v1/keys?limit=100'],
    ['a model', 'meta-llama/llama-3.1-405b-instruct'],
    ['a time', '2027-01-31T18:00:00+02:00'],
    ['nothing', ''],
  ])('not %s', (_, text) => {
    expect(looksLikeSecret(text)).toBe(false);
    expect(maskSecrets(text)).toBe(text);
  });
});

describe('masking', () => {
  test.each(secrets)('leaves nothing of the key of %s', (_, text) => {
    expect(maskSecrets(`before ${text} and ${text}, after`)).toBe('before **** and ****, after');
  });

  test('keeps the text around a secret', () => {
    expect(maskSecrets('unknown flag --token=sk-0123456789abcdefghijEXAMPLE (argument 2)')).toBe(
      'unknown flag --token=**** (argument 2)',
    );
  });
});

describe('a value in the output of another program', () => {
  const value = 'tok+a/b=1234567EXAMPLE';
  const secret = new Secret(value);
  const base64 = (text: string) => Buffer.from(text).toString('base64');

  test.each([
    ['as it is', value],
    ['in upper case', value.toUpperCase()],
    ['in lower case', value.toLowerCase()],
    ['in the form of a URL', encodeURIComponent(value)],
    ['in the form of a URL, twice', encodeURIComponent(encodeURIComponent(value))],
    ['with each character escaped', [...value].map((one) => `%${one.charCodeAt(0).toString(16)}`).join('')],
    ['with the escapes of JSON', value.replace(/[+/=]/g, (one) => `\\u00${one.charCodeAt(0).toString(16)}`)],
    ['with the short escapes of JSON', value.replaceAll('/', '\\/')],
    ['in base64 in JSON', base64(`???${value}`).slice(4).replaceAll('/', '\\/').replaceAll('+', '\\u002B')],
    ['with the entities of HTML', value.replace(/[+/=]/g, (one) => `&#${one.charCodeAt(0)};`)],
    ['in base64', base64(value)],
    ['in base64, without the padding', base64(value).replace(/=+$/, '')],
    ['in the base64 of URLs', Buffer.from(value).toString('base64url')],
    ['in the base64 of a longer text', base64(`u:${value}:x`)],
    ['in the base64 of another one', base64(`Basic ${value}`)],
    ['in hexadecimal digits', Buffer.from(value).toString('hex').toUpperCase()],
  ])('%s is masked', (_, repeated) => {
    const hidden = secret.hideIn(`said ${repeated} again`);
    expect(hidden).toContain('****');
    expect(hidden.length).toBeLessThan(28);
    for (const form of [value, base64(value).slice(4, 16)]) expect(hidden).not.toContain(form);
  });

  test('a short value is masked verbatim only', () => {
    expect(new Secret('pin').hideIn('pin PIN cGlu')).toBe('**** PIN cGlu');
    expect(new Secret('a.c').hideIn('a.c abc')).toBe('**** abc');
  });
});

test('every text that looks like a secret is masked, however short', () => {
  const shortest = [
    'sk_a1234567_abcdefghijklmnop',
    'pk-a123456789012345678E',
    'hf_0123456789abcdef',
    're-0123456789abcdef',
    `AIza${'E'.repeat(30)}`,
    'SG.0123456789abcdef',
    'eyJ0123456789.eyJ0123456789',
    `AKIA${'E'.repeat(16)}:0123456789abcdef`,
    'ab1defgh:0123456789abcdef',
  ];
  for (const text of shortest) {
    expect([text, looksLikeSecret(text)]).toEqual([text, true]);
    expect(maskSecrets(`/${text} `)).not.toContain(text);
  }
  const part = fc.constantFrom(
    'sk',
    '_',
    '-',
    'eyJ',
    '.',
    ':',
    'SG',
    'AIza',
    'AKIA',
    'npm',
    'EXAMPLE',
    '0',
    'a1b2',
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 30 }), (parts) => {
      const text = parts.join('');
      expect(maskSecrets(text) !== text).toBe(looksLikeSecret(text));
    }),
    runs(2000),
  );
});

test.each([
  ['Bearer ses_EXAMPLE', 'ses_EXAMPLE', true],
  ['ses_EXAMPLE', 'ses_EXAMPLE', false],
  ['ses_EXAMPLE', 'Bearer ses_EXAMPLE', false],
  // Looked for in fewer forms, or in others.
  ['Bearer EXAMPLE', 'EXAMPLE', false],
  ['Bearer ses\\EXAMPLE', 'ses\\EXAMPLE', false],
])('whether every form of %j has one of %j: %s', (whole, part, isImplied) => {
  expect(new Secret(whole).implies(new Secret(part))).toBe(isImplied);
});
