import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { version } from '../../../package.json';
import type { AuditOutcome } from '../../app/audit/audit-profiles.ts';
import type { Context } from '../../app/context.ts';
import { InvalidValue } from '../../base/errors.ts';
import { shellWord } from '../../base/shell-word.ts';
import { parsePositiveDuration } from '../../base/time.ts';
import { defineCommand, toggle, value } from '../../cli/define.ts';
import { offering, oneOf, readList, readText } from '../../cli/read.ts';
import type { Requirable } from '../../keys/audit/audit-policy.ts';
import { policyFrom, requirable, requirableNamed } from '../../keys/audit/audit-policy.ts';
import type { Finding } from '../../keys/audit/finding.ts';
import { findingFields, reaches, severities } from '../../keys/audit/finding.ts';
import type { DesiredState } from '../../keys/plan/desired-key.ts';

const severityWords = [...severities].reverse();

export const audit = defineCommand({
  operands: '',
  summary: 'check keys against a policy: expiry, age, use, permissions, and where their secrets are',
  description: [
    'Lists the keys of the profile, or of all profiles, and reports what is wrong with them, each with the command that',
    'fixes it. Exits with 8 if it finds something. Changes nothing. keys docs audit has the rules.',
    '',
    'The section audit of keys.yaml says the same as the flags, which win. The places of its keys are searched for secrets that',
    'do not work.',
    '',
    'What a provider does not report cannot be checked: the summary says so, and "unchecked" in JSON. With --all-profiles,',
    'a profile that cannot be asked is a finding.',
  ].join('\n'),
  examples: [
    'keys audit',
    'keys audit --all-profiles --max-age 90d --require expiry',
    'keys audit --forbid-permission admin --fail-on error',
    'keys audit --format sarif > keys.sarif',
  ],
  flags: {
    maxAge: value('--max-age <age>', 'report keys created at least this long ago', parsePositiveDuration),
    expiring: value(
      '--expiring <within>',
      'report keys that expire within this time (default 30d)',
      parsePositiveDuration,
    ),
    unused: value(
      '--unused <for>',
      'report keys not used for this long (default 90d; 30d if never used)',
      parsePositiveDuration,
    ),
    require: value(
      '--require <list>',
      `what every key must have: ${Object.keys(requirable).join(', ')}`,
      offering(Object.keys(requirable), readRequirements),
    ),
    forbidPermission: value('--forbid-permission <list>', 'permissions that no key may have', readFilledList),
    allProfiles: toggle('--all-profiles', 'audit every stored profile, and local'),
    file: value(
      '--file <path>',
      'a policy and places (default: keys.yaml, if there is one)',
      offering('file', readText),
    ),
    failOn: value(
      '--fail-on <severity>',
      'exit with 8 only for findings at least this severe: info (default), warning or error',
      oneOf(severityWords),
    ),
  },
  instead: { '': 'keys audit --file keys.yaml', '-f': 'keys audit --file keys.yaml' },
  fields: findingFields,
  reports: ['sarif', 'markdown'],
  async run(context, { allProfiles, failOn, file, operands: _, ...flags }) {
    const { auditProfiles } = await import('../../app/audit/audit-profiles.ts');
    const desired = await readPolicyFile(context, file);
    const policy = policyFrom(flags, desired?.audit ?? {});
    const least = failOn ?? desired?.audit?.failOn ?? 'info';
    const outcome = await auditProfiles(context, { policy, allProfiles, desired });
    const { findings, checked, unchecked } = outcome;
    const rows = findings.map(({ finding }) => finding);
    await tellUnchecked(context, outcome);
    return {
      kind: 'document',
      isPaged: true,
      rows,
      record: (selected) => ({ findings: selected, checked, unchecked }),
      columns: findingFields,
      table: async (_rows, terminal) =>
        (await import('../../output/views/audit.ts')).auditView(outcome, allCommand(context.words), terminal),
      reports: {
        sarif: async () =>
          (await import('../../output/views/audit-reports.ts')).auditSarif(outcome, {
            version,
            cwd: context.io.cwd,
          }),
        markdown: async () => (await import('../../output/views/audit-reports.ts')).auditMarkdown(outcome),
      },
      ...(rows.some(({ severity }: Finding) => reaches(severity, least)) && { exit: 'no' as const }),
    };
  },
});

/** `keys.yaml` counts where it is, unless another file is named. */
async function readPolicyFile(context: Context, file: string | undefined): Promise<DesiredState | undefined> {
  const { defaultManifest, readDesiredState } = await import('../../app/read-desired-state.ts');
  if (file === undefined && !existsSync(join(context.io.cwd, defaultManifest))) return undefined;
  const desired = await readDesiredState(context, file, { leavesUnset: true });
  const { unsetVariables } = desired;
  if (unsetVariables.length > 0)
    await context.note(
      `${desired.file} has places that are not read: ${unsetVariables.join(', ')} ${unsetVariables.length === 1 ? 'is' : 'are'} not set`,
    );
  return desired;
}

function readRequirements(text: string): Requirable[] {
  const faults: string[] = [];
  const words = readFilledList(text).flatMap((word) => {
    try {
      return [requirableNamed(word)];
    } catch (error) {
      if (!(error instanceof InvalidValue)) throw error;
      faults.push(...error.messages);
      return [];
    }
  });
  if (faults.length > 0) throw new InvalidValue(...faults);
  return words;
}

/** A variable of a script that is not set must not turn a rule off. */
function readFilledList(text: string): string[] {
  const list = readList(text);
  if (list.length === 0) throw new InvalidValue(`'${text}' is an empty list`);
  return list;
}

/** The same command line, for all findings as lines. */
function allCommand(words: readonly string[]): string {
  const format = words.indexOf('--format');
  const others = words.filter(
    (word, at) => !word.startsWith('--format') && (format < 0 || at !== format + 1),
  );
  return ['keys', ...others.map(shellWord), '--format', 'csv'].join(' ');
}

/** Rows have no room for what could not be checked. */
async function tellUnchecked(context: Context, outcome: AuditOutcome): Promise<void> {
  const format = context.output.format ?? (context.isHumanOutput ? 'table' : 'tsv');
  if (!['ndjson', 'csv', 'tsv'].includes(format)) return;
  const { uncheckedLines } = await import('../../output/views/audit-groups.ts');
  for (const line of uncheckedLines(outcome)) await context.note(`not checked: ${line}`);
}
