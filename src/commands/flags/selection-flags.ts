import type { Context } from '../../app/context.ts';
import { InvalidValue } from '../../base/errors.ts';
import { parsePast, parsePositiveDuration } from '../../base/time.ts';
import type { Input } from '../../cli/define.ts';
import { value, values } from '../../cli/define.ts';
import { oneOf, readLabel, readText } from '../../cli/read.ts';
import { requireReports } from '../../keys/capability-check.ts';
import type { KeyField } from '../../keys/key.ts';
import { statuses } from '../../keys/key.ts';
import type { Selection } from '../../keys/select.ts';

const statusChoices = [...statuses.filter((status) => status !== 'unknown'), 'all'] as const;

/** The flags that select keys; `list`, `revoke` and `update` share them. They combine. */
export const selectionFlags = {
  status: value('--status <status>', `only this status: ${statusChoices.join(', ')}`, oneOf(statusChoices)),
  search: value(
    '--search <text>',
    'only keys with this text in the name, description, id, prefix or a label',
    readText,
  ),
  nameGlob: value(
    '--name-glob <pattern>',
    "only names that match, such as 'ci-*' or '{web,api}-?'",
    readGlob,
  ),
  createdSince: value(
    '--created-since <when>',
    'only keys created since then: 7d (ago), 2026-11-01, or an RFC 3339 time',
    (text, { now }) => parsePast(text, now, 'start'),
  ),
  expiring: value(
    '--expiring <within>',
    'only active keys that expire within this time',
    parsePositiveDuration,
  ),
  olderThan: value('--older-than <age>', 'only keys created at least this long ago', parsePositiveDuration),
  unused: value('--unused <for>', 'keys created and last used at least this long ago', parsePositiveDuration),
};

/** As `selectionFlags`, for commands in which a label is no change. */
export const labelFilter = values('--label <name=value>', 'only keys with this label; repeatable', readLabel);

type SelectionInput = Omit<Input<typeof selectionFlags>, 'operands'> & { label: readonly [string, string][] };

/** The keys that the flags select. `--status` alone selects, too. */
async function toSelection({ nameGlob, label, ...filters }: SelectionInput): Promise<Selection> {
  const { status, search, createdSince, expiring, olderThan, unused } = filters;
  return {
    ...{ status, search, createdSince, expiring, olderThan, unused },
    ...(label.length > 0 && { labels: label }),
    ...(nameGlob !== undefined && { isNamed: await globMatcher(nameGlob) }),
  };
}

/** As `toSelection`; throws `KeysError` (2) if the provider does not report what the filters depend on. */
export async function requireSelection(context: Context, input: SelectionInput): Promise<Selection> {
  const selection = await toSelection(input);
  const judged = fieldsJudgedBy(selection);
  if (judged.length === 0) return selection;
  const [{ capabilities }, { provider }] = [await context.backend(), await context.profile()];
  requireReports(provider, judged, capabilities);
  return selection;
}

/** The first flag that selects keys, such as `--unused`. */
export function filterIn(input: SelectionInput): string | undefined {
  const names = Object.keys(selectionFlags) as (keyof typeof selectionFlags)[];
  const name = names.find((one) => input[one] !== undefined);
  if (name !== undefined) return selectionFlags[name].syntax.replace(/ .*/, '');
  return input.label.length > 0 ? '--label' : undefined;
}

/** Keys are named, or selected on purpose: a variable of a script that is not set would select them all. */
export function selectionProblems(input: SelectionInput & { operands: readonly string[] }): string[] {
  const flag = filterIn(input);
  return [
    ...(flag && input.operands.length > 0
      ? [`${flag} selects keys: name keys or select them, not both`]
      : []),
    ...(input.search?.trim() === '' ? ['--search is empty, and would select every key'] : []),
  ];
}

/** The fields that filters depend on: the provider must report them. */
function fieldsJudgedBy(selection: Selection): { flag: string; field: KeyField }[] {
  const { createdSince, expiring, olderThan, unused, labels } = selection;
  return [
    ...(createdSince ? [{ flag: '--created-since', field: 'createdAt' as const }] : []),
    ...(expiring ? [{ flag: '--expiring', field: 'expiresAt' as const }] : []),
    ...(olderThan ? [{ flag: '--older-than', field: 'createdAt' as const }] : []),
    ...(unused ? [{ flag: '--unused', field: 'lastUsedAt' as const }] : []),
    ...(labels ? [{ flag: '--label', field: 'labels' as const }] : []),
  ];
}

function readGlob(text: string): string {
  if (text.trim() === '') throw new InvalidValue("the pattern is empty; expected one such as 'ci-*'");
  return text;
}

/** `*` and `?` match any character: a name is not a path. */
async function globMatcher(pattern: string): Promise<(name: string) => boolean> {
  const { default: picomatch } = await import('picomatch/posix');
  return picomatch(pattern, { bash: true, dot: true, nonegate: true });
}
