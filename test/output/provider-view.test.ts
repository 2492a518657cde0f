import { Chalk } from 'chalk';
import { expect, test } from 'vitest';
import { providerView } from '../../src/output/views/provider.ts';
import { litellm } from '../../src/providers/built-in/litellm.ts';
import { capabilitiesOf } from '../../src/remote/capabilities.ts';

const terminal = { width: 60, style: new Chalk({ level: 0 }), now: new Date(0), unicode: true };
const unset = { id: 'acme', name: 'Acme', url: null, options: {}, capabilities: capabilitiesOf(litellm) };

test('what a provider can do is said in words', () => {
  expect(providerView(unset, 'none', terminal)).toMatchInlineSnapshot(`
    "Id            acme
    Name          Acme
    URL           none
    Create        sets name, expiresAt, rateLimitRpm, budgetUsd,
                  models
    Expiry        any time, to the second, counted by the API's
                  clock
    Overlap       yes: an old and a new key can work side by
                  side
    Update        sets name, expiresAt, rateLimitRpm, budgetUsd,
                  models
    Disable       yes
    Revoke        yes
    Usage         by key
    Logs          yes, also of one key, without status and
                  method
    Verify        yes
    Fields        id, name, status, prefix, createdAt,
                  expiresAt, rateLimitRpm, budgetUsd, spentUsd,
                  models, superseded
    Unique names  yes
    Max keys      no known limit
    One key       looked up in the list
    End of list   not reported by the API
    "
  `);
});

test('a long note is broken between words, and each option has a line', () => {
  const options = { project: 'id of the project', user: 'id of the user whose keys these are' };
  const view = providerView({ ...unset, note: 'a word '.repeat(12).trim(), options }, 'none', terminal);
  expect(view.split('\n').slice(3, 7)).toMatchInlineSnapshot(`
    [
      "Note          a word a word a word a word a word a word a",
      "              word a word a word a word a word a word",
      "Options       --option project=VALUE: id of the project",
      "              --option user=VALUE: id of the user whose keys",
    ]
  `);
});

test('usage and creation say how far they go', () => {
  const capabilities = {
    ...unset.capabilities,
    create: false,
    console: 'https://console.example.com',
    usageByDay: true,
    usageCovers: 'messages',
    usageDefaultDays: 30,
    usageRetentionDays: 91,
    expiry: 'steps',
    expirySteps: ['30d', '90d'],
    expiryRequired: true,
    overlap: 'none',
    maxKeys: 2,
  } as const;
  const view = providerView({ ...unset, capabilities }, 'none', { ...terminal, width: 200 });
  expect(
    view.split('\n').filter((line) => /^(Create|Expiry|Overlap|Usage|Max)/.test(line)),
  ).toMatchInlineSnapshot(`
      [
        "Create        no, only at https://console.example.com",
        "Expiry        30d, 90d, required, counted by the API's clock",
        "Overlap       no: an old and a new key cannot work side by side",
        "Usage         by key and day, messages only, the last 30 days unless --since is given, up to 90 days back",
        "Max keys      2",
      ]
    `);
});
