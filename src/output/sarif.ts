import { isAbsolute, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { safeJson, visible } from '../base/sanitise.ts';

/*
 * Findings as SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/), in the form that GitHub code scanning takes:
 * each result has a place in a file, by a path without a scheme, and a fingerprint that stays the same from run to run.
 * https://docs.github.com/en/code-security/reference/code-scanning/sarif-files/sarif-support
 */

export type Severity = 'error' | 'warning' | 'info';

export interface SarifRule {
  id: string;
  /** One sentence, such as `the key never expires`. */
  title: string;
  /** Why it matters, and what to do about it. */
  help: string;
  severity: Severity;
}

export interface SarifFinding {
  /** The id of a rule of the same run. */
  rule: string;
  severity: Severity;
  message: string;
  /** Relative to the root of the repository, or absolute. Lines and columns count from 1, columns in UTF-16 units. */
  place: { path: string; line?: number; column?: number; endColumn?: number };
  /** What a finding is about that is in no file, such as the key `local/ci`. */
  subject?: string;
  /** What tells it from other findings of its rule, in every run alike. It is hashed. */
  identity: readonly string[];
  /** For programs: the id of a key, a commit. */
  properties?: Readonly<Record<string, string | number | boolean | null>>;
}

export interface SarifRun {
  version: string;
  /** Tells runs of different commands apart, such as `keys-audit`: a newer run replaces an older one of its category. */
  category: string;
  rules: readonly SarifRule[];
  findings: readonly SarifFinding[];
  /** What could not be checked, and so is not known to be in order. */
  unchecked?: readonly string[];
  /** The repository that was searched. */
  repository?: { url: string; revision?: string; branch?: string };
}

/** Code scanning refuses a run with more results. */
const maxResults = 25_000;

const levels = { error: 'error', warning: 'warning', info: 'note' } as const;
const order: readonly Severity[] = ['error', 'warning', 'info'];

/** On the scale of CVSS, in which code scanning shows how severe an alert is. */
const securitySeverity = { error: '8.0', warning: '5.0', info: '2.0' } as const;
const problemSeverity = { error: 'error', warning: 'warning', info: 'recommendation' } as const;

/** The whole document. Of more findings than code scanning takes, the least severe are left out, and a notification says so. */
export async function sarif(run: SarifRun): Promise<string> {
  const { createHash } = await import('node:crypto');
  const digest = (parts: readonly string[]) =>
    createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
  const { version, category, rules, findings, unchecked = [], repository } = run;
  const kept = order.flatMap((severity) => findings.filter((one) => one.severity === severity));
  const left = kept.splice(maxResults).length;
  const omitted =
    left > 0 ? [`${left} more findings, the least severe ones, are left out of this report`] : [];
  const counts = new Map<string, number>();
  const results = kept.map((finding) => {
    const hash = digest([finding.rule, ...finding.identity]);
    const count = (counts.get(hash) ?? 0) + 1;
    counts.set(hash, count);
    return resultOf(finding, rules, `${hash}:${count}`);
  });
  const document = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'keys', semanticVersion: version, rules: rules.map(descriptorOf) } },
        automationDetails: { id: `${category}/` },
        columnKind: 'utf16CodeUnits',
        ...(repository && { versionControlProvenance: [provenanceOf(repository)] }),
        invocations: [
          {
            executionSuccessful: true,
            toolExecutionNotifications: [...omitted, ...unchecked].map((text) => ({
              level: 'warning',
              message: messageOf(text),
            })),
          },
        ],
        results,
      },
    ],
  };
  return `${safeJson(JSON.stringify(document, undefined, 2))}\n`;
}

function descriptorOf({ id, title, help, severity }: SarifRule): object {
  return {
    id,
    shortDescription: { text: title },
    fullDescription: { text: help },
    help: { text: help },
    defaultConfiguration: { level: levels[severity] },
    properties: {
      tags: ['security'],
      precision: 'very-high',
      'problem.severity': problemSeverity[severity],
      'security-severity': securitySeverity[severity],
    },
  };
}

function resultOf(finding: SarifFinding, rules: readonly SarifRule[], fingerprint: string): object {
  const { rule, severity, message, place, subject, properties } = finding;
  const { line = 1, column, endColumn } = place;
  return {
    ruleId: rule,
    ruleIndex: rules.findIndex(({ id }) => id === rule),
    level: levels[severity],
    message: messageOf(message),
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: uriOf(place.path) },
          region: {
            startLine: line,
            ...(column !== undefined && { startColumn: column }),
            ...(endColumn !== undefined && { endColumn }),
          },
        },
        ...(subject !== undefined && {
          logicalLocations: [{ fullyQualifiedName: visible(subject), kind: 'resource' }],
        }),
      },
    ],
    // The only fingerprint that GitHub compares.
    partialFingerprints: { primaryLocationLineHash: fingerprint },
    ...(properties && { properties: visibleValues(properties) }),
  };
}

/** As text without a placeholder or a link: a name of a server's choice could make one. */
function messageOf(text: string): { text: string } {
  return { text: visible(text).replaceAll(/[{}]/g, '$&$&').replaceAll('](', '] (') };
}

function visibleValues(properties: NonNullable<SarifFinding['properties']>): object {
  const entries = Object.entries(properties);
  return Object.fromEntries(
    entries.map(([name, value]) => [name, typeof value === 'string' ? visible(value) : value]),
  );
}

function provenanceOf({ url, revision, branch }: NonNullable<SarifRun['repository']>): object {
  return {
    repositoryUri: url,
    ...(revision !== undefined && { revisionId: revision }),
    ...(branch !== undefined && { branch: visible(branch) }),
  };
}

/** A relative path without a scheme; what is outside of the repository has an absolute `file:` URI. */
function uriOf(path: string): string {
  if (isAbsolute(path)) return pathToFileURL(path).href;
  return path
    .replaceAll(sep, '/')
    .replace(/^(?:\.\/)+/, '')
    .split('/')
    .map((part) => encodeURIComponent(part.toWellFormed()))
    .join('/');
}

/** A path for what is in no file: code scanning refuses findings without one. */
export function pathOfSubject(kind: string, ...names: readonly string[]): string {
  return [
    kind,
    ...names.map((name) =>
      visible(name)
        .replaceAll(/[\\/]/g, '_')
        .replace(/^\.{0,2}$/, '_$&'),
    ),
  ].join('/');
}
