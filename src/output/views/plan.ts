import { shown } from '../../base/sanitise.ts';
import { absoluteTime } from '../../base/time.ts';
import type { Action, FieldChange } from '../../keys/plan/action.ts';
import type { AppliedAction } from '../../keys/plan/apply.ts';
import { relativeTime } from '../relative-time.ts';
import type { Style, Terminal } from '../style.ts';
import { unitsOf, wrapWords } from '../wrap-words.ts';
import { fieldNames } from './field-names.ts';
import { withWrittenPlaces } from './written-places.ts';

/** A plan, or what became of it. */
export interface PlanSummary {
  actions: readonly (Action | AppliedAction)[];
  /** Keys that the file does not name and that no apply of it has created. */
  others: number;
  /** What was planned is done, as far as it was possible. */
  isApplied: boolean;
  /** By place, how the file writes it. */
  placeNames: ReadonlyMap<string, string>;
}

export type Look = 'create' | 'change' | 'rotate' | 'ok' | 'refused' | 'gone' | 'failed';

const symbols: Readonly<Record<Look, { sign: string; ascii: string; color: keyof Style }>> = {
  create: { sign: '+', ascii: '+', color: 'green' },
  change: { sign: '~', ascii: '~', color: 'yellow' },
  rotate: { sign: '↻', ascii: '@', color: 'cyan' },
  ok: { sign: '✓', ascii: '=', color: 'dim' },
  refused: { sign: '!', ascii: '!', color: 'red' },
  gone: { sign: '-', ascii: '-', color: 'magenta' },
  failed: { sign: '✗', ascii: 'x', color: 'red' },
};

/** Of the lines that continue one: below the name. */
const indent = '  ';

/** A line for each action, field by field below it, and the totals. */
export function planView(
  { actions: allActions, others, isApplied, placeNames }: PlanSummary,
  terminal: Terminal,
): string {
  const actions = withWrittenPlaces(allActions, placeNames);
  const hasProfiles = new Set(actions.map(({ profile }) => profile)).size > 1;
  const lines = actions.map((action) => actionLines(action, { hasProfiles, isApplied }, terminal)).join('');
  return `${lines}${lines === '' ? '' : '\n'}${totalsText({ actions, others, isApplied })}\n`;
}

function actionLines(
  action: Action | AppliedAction,
  { hasProfiles, isApplied }: { hasProfiles: boolean; isApplied: boolean },
  terminal: Terminal,
): string {
  const { style, unicode, width } = terminal;
  const look = lookOf(action);
  const { sign, ascii, color } = symbols[look];
  const { name, profile, keyId } = action;
  const place = hasProfiles ? ` (${shown(profile)})` : '';
  const isAboutKey = action.action === 'revoke' || look === 'gone';
  const id = isAboutKey && keyId !== undefined ? ` ${shown(keyId)}` : '';
  const head = `${shown(name)}${place}${id}`;
  const text = isApplied ? outcomeText(action, terminal) : textOf(action, terminal);
  const words = text === '' ? [head] : [`${head} `, ...unitsOf(text)];
  const [first = '', ...rest] = wrapWords(words, width - indent.length);
  const body = [first.replace(head, () => style.bold(head)), ...rest].join(`\n${indent}`);
  const changes = isApplied ? [] : (action.changes ?? []);
  return `${style[color](unicode ? sign : ascii)} ${body}\n${changes.map((change) => changeLine(change, action, terminal)).join('')}`;
}

export function lookOf(action: Action | AppliedAction): Look {
  if ('error' in action && action.error) return 'failed';
  if (action.isLeftOver) return 'gone';
  switch (action.action) {
    case 'none':
      return 'ok';
    case 'revoke':
      return 'gone';
    default:
      return action.action;
  }
}

/** The plan has told why; what is left is told again. */
function outcomeText(action: Action | AppliedAction, terminal: Terminal): string {
  if ('error' in action && action.error) return shown(action.error.message);
  const { reason, isPending, keyId, changes = [] } = action;
  const newId = 'newKeyId' in action ? action.newKeyId : undefined;
  const left = isPending && reason !== undefined ? [shown(reason)] : [];
  switch (action.action) {
    case 'create':
      return [shown(newId ?? ''), ...left].join('; ');
    case 'rotate': {
      const ids =
        newId === undefined ? '' : `${shown(keyId ?? '')} ${terminal.unicode ? '→' : '->'} ${shown(newId)}`;
      return [ids, ...endOfOld(action, terminal), ...left].filter(Boolean).join('; ');
    }
    case 'change': {
      const fields = changes.filter(({ field }) => field !== 'to').map(({ field }) => nameOf(field));
      return [fields.join(', '), ...left].join('; ');
    }
    default:
      return shown(reason ?? '');
  }
}

export function textOf(action: Action, terminal: Pick<Terminal, 'now'>): string {
  const { reason } = action;
  return [...(reason === undefined ? [] : [shown(reason)]), ...endOfOld(action, terminal)].join('; ');
}

function endOfOld({ oldRevokeAt }: Action, { now }: Pick<Terminal, 'now'>): string[] {
  if (oldRevokeAt === undefined) return [];
  return [`the old key ends ${oldRevokeAt === null ? 'once it is idle' : endText(oldRevokeAt, now)}`];
}

function endText(time: string, now: Date): string {
  return Date.parse(time) <= now.getTime() ? 'at once' : relativeTime(time, now);
}

function changeLine(change: FieldChange, action: Action, { style, unicode }: Terminal): string {
  const [label = '', ...values] = changeText(change, action, unicode).split(': ');
  return `${indent}${indent}${style.dim(`${label}:`)} ${values.join(': ')}\n`;
}

/** `budget: 25 → 30` */
function changeText({ field, from, to }: FieldChange, { action }: Action, unicode = true): string {
  const label = nameOf(field);
  if (action === 'create') return `${label}: ${valueText(to, field)}`;
  if (field === 'to') return `${label}: ${valueText(to)} (holds ${from === null ? 'nothing' : String(from)})`;
  return `${label}: ${valueText(from, field)} ${unicode ? '→' : '->'} ${valueText(to, field)}`;
}

export function nameOf(field: string): string {
  const names: Readonly<Record<string, string>> = { ...fieldNames, expiresAt: 'expires' };
  return names[field] ?? field;
}

const maxValueLength = 200;

export function valueText(value: unknown, field?: string): string {
  if (value === null || value === undefined || value === '') return field === 'expiresAt' ? 'never' : 'none';
  if (Array.isArray(value)) return value.length === 0 ? 'all' : shown(value.join(', '), maxValueLength);
  if (typeof value === 'object') {
    const pairs = Object.entries(value).map(([name, one]) => `${name}=${String(one)}`);
    return pairs.length === 0 ? 'none' : shown(pairs.join(', '), maxValueLength);
  }
  return shown(field === 'expiresAt' ? absoluteTime(String(value)) : String(value), maxValueLength);
}

/** `1 to create, 2 to rotate, 5 as they should be` */
export function totalsText({ actions, others, isApplied }: Omit<PlanSummary, 'placeNames'>): string {
  const failures = actions.flatMap((one) => ('error' in one && one.error ? [one.error] : []));
  const notStarted = failures.filter(({ code }) => code === 'interrupted').length;
  const sound = actions.filter((one) => !('error' in one && one.error));
  const count = (action: Action['action'], isLeftOver = false) =>
    sound.filter((one) => one.action === action && Boolean(one.isLeftOver) === isLeftOver).length;
  const revocations = count('revoke') + count('revoke', true);
  const parts: [count: number, planned: string, applied: string][] = [
    [count('create'), 'to create', 'created'],
    [count('change'), 'to change', 'changed'],
    [count('rotate'), 'to rotate', 'rotated'],
    [revocations, 'to revoke', 'revoked'],
    [count('none'), 'as they should be', 'as they should be'],
    [count('refused'), 'left as they are', 'left as they are'],
    [failures.length - notStarted, 'failed', 'failed'],
    [notStarted, 'not started', 'not started'],
    [count('none', true), 'no longer in the file', 'no longer in the file'],
  ];
  const totals = parts
    .filter(([many]) => many > 0)
    .map(([many, planned, applied]) => `${many} ${isApplied ? applied : planned}`);
  const rest =
    others === 0 ? '' : `; ${others} other ${others === 1 ? 'key is' : 'keys are'} not in the file`;
  return `${totals.join(', ') || 'the file names no keys'}${rest}`;
}
