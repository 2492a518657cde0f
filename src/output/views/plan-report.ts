import { code, markdownPage, markdownTable } from '../markdown-report.ts';
import type { Look, PlanSummary } from './plan.ts';
import { lookOf, nameOf, textOf, totalsText, valueText } from './plan.ts';
import { withWrittenPlaces } from './written-places.ts';

const words: Readonly<Record<Look, string>> = {
  create: '+ create',
  change: '~ change',
  rotate: '↻ rotate',
  ok: '✓',
  refused: '! left as it is',
  gone: '- not in the file',
  failed: '✗ failed',
};

/** Rows: the summary of a job takes 1 MiB, an issue 65,536 characters. */
const maxRows = 200;

/** A plan, or what became of it, for the summary of a job. What is to be done comes first. */
export function planMarkdown(summary: PlanSummary, now: Date): string {
  const { isApplied, placeNames } = summary;
  const actions = withWrittenPlaces(summary.actions, placeNames);
  const inOrder = actions.toSorted(
    (one, other) => Number(lookOf(one) === 'ok') - Number(lookOf(other) === 'ok'),
  );
  const rows = inOrder.slice(0, maxRows).map((action) => {
    const look = lookOf(action);
    const changes = isApplied && look === 'ok' ? [] : (action.changes ?? []);
    const lines = [
      code('error' in action && action.error ? action.error.message : textOf(action, { now })),
      ...changes.map(({ field, from, to }) => {
        const before =
          action.action === 'create' || field === 'to' ? '' : `${code(valueText(from, field))} → `;
        return `${nameOf(field)}: ${before}${code(valueText(to, field))}`;
      }),
    ];
    const what = action.action === 'revoke' ? '- revoke' : words[look];
    return [what, code(action.name), code(action.profile), lines.filter((line) => line !== '').join('<br>')];
  });
  const more = actions.length - rows.length;
  return markdownPage([
    `## Keys: ${totalsText(summary)}`,
    ...(rows.length > 0 ? [markdownTable({ head: ['', 'Key', 'Profile', 'What'], rows })] : []),
    ...(more > 0 ? [`… and ${more} more`] : []),
  ]);
}
