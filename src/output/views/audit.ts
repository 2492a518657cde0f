import { shown } from '../../base/sanitise.ts';
import type { Finding, Severity } from '../../keys/audit/finding.ts';
import type { Terminal } from '../style.ts';
import { isNarrow, narrowWidth } from '../typesetting.ts';
import { unitsOf, wrapWords } from '../wrap-words.ts';
import type { AuditOutcome } from './audit-groups.ts';
import { countsOf, extentOf, groupsOf, uncheckedLines } from './audit-groups.ts';
import { count } from './key-values.ts';

/** Findings of a rule that are shown: a summary fits a screen. */
const maxPerRule = 3;

/** The counts, the findings of each rule with their fixes, and what could not be checked. `allCommand` prints all. */
export async function auditView(
  outcome: AuditOutcome,
  allCommand: string,
  terminal: Terminal,
): Promise<string> {
  const { findings } = outcome;
  const groups = groupsOf(findings);
  const parts = [summary(outcome, terminal)];
  for (const { rule, severity, findings: own } of groups) {
    const total = own.length > 1 ? ` (${count(own.length)})` : '';
    const start = `${mark(severity, terminal)}  ${terminal.style.bold(rule.id)}:`;
    const heading = wrapWords([start, ...unitsOf(`${rule.title}${total}`)], terminal.width).join('\n    ');
    const lines = await Promise.all(
      own.slice(0, maxPerRule).map((one) => findingLines(one, outcome.profiles > 1, terminal)),
    );
    const more = own.length > maxPerRule ? [`  … and ${count(own.length - maxPerRule)} more`] : [];
    parts.push([heading, ...lines.flat(), ...more].join('\n'));
  }
  const unchecked = uncheckedLines(outcome);
  if (unchecked.length > 0)
    parts.push(
      ['Not checked, so not known to be in order:', ...(await wrapped(unchecked, terminal))].join('\n'),
    );
  if (groups.some(({ findings: own }) => own.length > maxPerRule))
    parts.push(`To see all findings: ${shown(allCommand)}`);
  return `${parts.join('\n\n')}\n`;
}

function summary(outcome: AuditOutcome, { style }: Terminal): string {
  const paint = { error: style.red, warning: style.yellow, info: style.cyan };
  const counts = countsOf(outcome.findings).map(({ severity, text }) => paint[severity](text));
  return `${counts.length > 0 ? counts.join(', ') : style.green('nothing found')} ${extentOf(outcome)}`;
}

function mark(severity: Severity, { style }: Terminal): string {
  const marks = { error: style.red('error'), warning: style.yellow('warning'), info: style.cyan('info') };
  return marks[severity];
}

/** What was found, broken between words, and the command that fixes it, which is never broken: it is pasted. */
async function findingLines(
  { rule, message, fix, profile }: Finding,
  showsProfile: boolean,
  terminal: Terminal,
): Promise<string[]> {
  const where = showsProfile && profile !== null && rule !== 'unreachable' ? ` (${profile})` : '';
  return [...(await wrapped([message + where], terminal)), `    ${terminal.style.dim(shown(fix))}`];
}

async function wrapped(texts: readonly string[], { width }: Terminal): Promise<string[]> {
  const lines: string[] = [];
  for (const text of texts) {
    const safe = shown(text);
    const widthOf = isNarrow(safe)
      ? narrowWidth
      : (await import('../wide-typesetting.ts')).wideTypesetting.widthOf;
    const [first = '', ...rest] = wrapWords(unitsOf(safe), Math.max(20, width - 4), widthOf);
    lines.push(`  ${first}`, ...rest.map((line) => `    ${line}`));
  }
  return lines;
}
