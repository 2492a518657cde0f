import { describe, expect, test } from 'vitest';
import type { SarifFinding, SarifRun } from '../../src/output/sarif.ts';
import { pathOfSubject, sarif } from '../../src/output/sarif.ts';
import { sarifFaults } from '../support/sarif-faults.ts';

const rules = [
  { id: 'never-expires', title: 'the key never expires', help: 'Set an expiry.', severity: 'warning' },
  { id: 'leaked', title: 'the key is in a file', help: 'Rotate it.', severity: 'error' },
] as const;

const onKey: SarifFinding = {
  rule: 'never-expires',
  severity: 'info',
  message: 'ci never expires',
  place: { path: pathOfSubject('keys', 'local', 'ci') },
  subject: 'local/ci',
  identity: ['local', 'k1'],
  properties: { keyId: 'k1', profile: 'local' },
};

const inFile: SarifFinding = {
  rule: 'leaked',
  severity: 'error',
  message: 'the key ci is in this file',
  place: { path: './src/a b#1.ts', line: 3, column: 7, endColumn: 20 },
  identity: ['src/a b#1.ts', 'k1'],
};

async function runOf(findings: readonly SarifFinding[], more: Partial<SarifRun> = {}) {
  const text = await sarif({ version: '1.2.3', category: 'keys-audit', rules, findings, ...more });
  const document = JSON.parse(text);
  expect(sarifFaults(document)).toEqual([]);
  return { text, run: document.runs[0], results: document.runs[0].results };
}

test('a run has its tool, its rules and what it could not check', async () => {
  const { run } = await runOf([onKey], {
    unchecked: ['the provider demo does not report lastUsedAt'],
    repository: { url: 'https://example.com/team/app.git', revision: 'abc123', branch: 'main' },
  });
  expect(run).toMatchObject({
    tool: { driver: { name: 'keys', semanticVersion: '1.2.3' } },
    automationDetails: { id: 'keys-audit/' },
    versionControlProvenance: [
      { repositoryUri: 'https://example.com/team/app.git', revisionId: 'abc123', branch: 'main' },
    ],
  });
  expect(run.tool.driver.rules[1]).toEqual({
    id: 'leaked',
    shortDescription: { text: 'the key is in a file' },
    fullDescription: { text: 'Rotate it.' },
    help: { text: 'Rotate it.' },
    defaultConfiguration: { level: 'error' },
    properties: {
      tags: ['security'],
      precision: 'very-high',
      'problem.severity': 'error',
      'security-severity': '8.0',
    },
  });
  expect(run.invocations[0].toolExecutionNotifications).toEqual([
    { level: 'warning', message: { text: 'the provider demo does not report lastUsedAt' } },
  ]);
});

test('a run without findings is valid', async () => {
  expect((await runOf([])).results).toEqual([]);
});

test('the most severe findings come first, each with its rule and its place', async () => {
  const { results } = await runOf([onKey, inFile]);
  expect(results).toEqual([
    {
      ruleId: 'leaked',
      ruleIndex: 1,
      level: 'error',
      message: { text: 'the key ci is in this file' },
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: 'src/a%20b%231.ts' },
            region: { startLine: 3, startColumn: 7, endColumn: 20 },
          },
        },
      ],
      partialFingerprints: { primaryLocationLineHash: expect.stringMatching(/^[0-9a-f]{32}:1$/) },
    },
    {
      ruleId: 'never-expires',
      ruleIndex: 0,
      level: 'note',
      message: { text: 'ci never expires' },
      locations: [
        {
          physicalLocation: { artifactLocation: { uri: 'keys/local/ci' }, region: { startLine: 1 } },
          logicalLocations: [{ fullyQualifiedName: 'local/ci', kind: 'resource' }],
        },
      ],
      partialFingerprints: { primaryLocationLineHash: expect.stringMatching(/^[0-9a-f]{32}:1$/) },
      properties: { keyId: 'k1', profile: 'local' },
    },
  ]);
});

test('a fingerprint depends on the rule and the identity alone, and no two of a run are the same', async () => {
  const hashes = async (findings: readonly SarifFinding[]) =>
    (await runOf(findings)).results.map(
      ({ partialFingerprints }: { partialFingerprints: { primaryLocationLineHash: string } }) =>
        partialFingerprints.primaryLocationLineHash,
    );
  const [first] = await hashes([onKey]);
  expect(await hashes([{ ...onKey, message: 'other', severity: 'error', place: inFile.place }])).toEqual([
    first,
  ]);
  expect(await hashes([{ ...onKey, identity: ['local', 'k2'] }])).not.toEqual([first]);
  expect(await hashes([{ ...onKey, rule: 'leaked' }])).not.toEqual([first]);
  expect(await hashes([onKey, onKey])).toEqual([first, first.replace(/:1$/, ':2')]);
});

describe('text of a server', () => {
  test.each([
    ['an escape sequence', 'a\x1b[2Jb', 'a\\x1b[2Jb'],
    ['a bidirectional override', 'a\u202eb', 'a\\u202eb'],
    ['a placeholder', 'a {0} b', 'a {{0}} b'],
    ['a link', '[free](https://evil.example.com)', '[free] (https://evil.example.com)'],
    ['half a character', 'a\ud800b', 'a\\ud800b'],
  ])('%s is neither in a message nor in a property', async (_, hostile, harmless) => {
    const { text, results } = await runOf([
      { ...onKey, message: hostile, subject: hostile, properties: { name: hostile } },
    ]);
    expect(results[0].message.text).toBe(harmless);
    expect(text).not.toMatch(/[\x00-\x09\x0b-\x1f\u202e\ud800]/u);
  });

  test.each([
    ['..', 'keys/local/_..'],
    ['.', 'keys/local/_.'],
    ['', 'keys/local/_'],
    ['a\\b', 'keys/local/a_b'],
    ['https://evil.example.com/x', 'keys/local/https%3A__evil.example.com_x'],
    ['../../etc/passwd', 'keys/local/.._.._etc_passwd'],
    ['a?b#c%d', 'keys/local/a%3Fb%23c%25d'],
    ['\ud800', 'keys/local/_ud800'],
    ['naïve', 'keys/local/na%C3%AFve'],
  ])('the name %j makes a path below its profile', async (name, uri) => {
    const { results } = await runOf([{ ...onKey, place: { path: pathOfSubject('keys', 'local', name) } }]);
    expect(results[0].locations[0].physicalLocation.artifactLocation).toEqual({ uri });
  });
});

test('a path outside of the repository is a file URI, and a colon makes no scheme', async () => {
  const uris = async (path: string) =>
    (await runOf([{ ...inFile, place: { path } }])).results[0].locations[0].physicalLocation.artifactLocation
      .uri;
  expect(await uris('/etc/app.env')).toBe('file:///etc/app.env');
  expect(await uris('docker:x/y')).toBe('docker%3Ax/y');
});

test('of more findings than code scanning takes, the least severe are left out, and it is said', async () => {
  const many = Array.from({ length: 25_001 }, (_, at) => ({ ...onKey, identity: [String(at)] }));
  const text = await sarif({ version: '1.2.3', category: 'keys-audit', rules, findings: [...many, inFile] });
  const [run] = JSON.parse(text).runs;
  expect(run.results).toHaveLength(25_000);
  expect(run.results[0].level).toBe('error');
  expect(run.invocations[0].toolExecutionNotifications).toEqual([
    {
      level: 'warning',
      message: { text: '2 more findings, the least severe ones, are left out of this report' },
    },
  ]);
});
