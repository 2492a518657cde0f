import { shown } from '../../base/sanitise.ts';
import type { Leak, LeakReport } from '../../keys/leak.ts';
import type { Terminal } from '../style.ts';

/** Of one value; JSON has all of them. */
const maxPlaces = 20;
const commitLength = 12;

/** The values that have leaked, each with all its places and the command that ends it. */
export function leakListView({ values, scanned }: LeakReport, terminal: Terminal): string {
  const files = count(scanned.files, 'file');
  if (values.length === 0) return `No values of keys in ${files}.\n`;
  const places = values.reduce((sum, leaks) => sum + leaks.length, 0);
  const summary = `${count(values.length, 'value')} in ${count(places, 'place')}, of ${files} searched`;
  return `${[summary, ...values.map((leaks) => card(leaks, terminal))].join('\n\n')}\n`;
}

function card(leaks: readonly Leak[], { style }: Terminal): string {
  const [first] = leaks;
  if (!first) return '';
  const { provider, keyId, name, profile, masked, fix } = first;
  const key =
    keyId === null
      ? `unknown key of ${shown(provider)}`
      : `${shown(name || keyId)} ${style.dim(shown(`in ${profile}`))}`;
  const lines = leaks.slice(0, maxPlaces).map(placeOf);
  const others = leaks.length - lines.length;
  return [
    [style.bold(key), shown(masked), stateOf(first, style)].filter(Boolean).join('  '),
    ...lines.map((line) => `  ${line}`),
    ...(others > 0 ? [`  and ${count(others, 'more place')}`] : []),
    ...(fix === null ? [] : [`    ${style.bold(shown(fix))}`]),
  ].join('\n');
}

function placeOf({ file, line, column, commit }: Leak): string {
  const place = `${shown(file)}:${line}:${column}`;
  return commit === undefined ? place : `${place} in ${commit.slice(0, commitLength)}`;
}

/** What is known of the key, and how certain it is that the value is its own. */
function stateOf({ keyId, status, works, match }: Leak, style: Terminal['style']): string {
  const parts = [
    ...(keyId === null ? [] : [status]),
    ...(works === undefined ? [] : [works ? 'works' : 'does not work']),
    ...(keyId !== null && match === 'prefix' ? ['by its beginning alone'] : []),
  ];
  const text = parts.join(', ');
  const isDead = works === false || status === 'revoked' || status === 'expired';
  return isDead ? style.dim(text) : style.yellow(text);
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
