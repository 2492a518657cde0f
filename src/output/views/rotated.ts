import { shown } from '../../base/sanitise.ts';
import type { RotationRecord } from '../../keys/rotation/record.ts';
import { relativeTime } from '../relative-time.ts';
import type { Terminal } from '../style.ts';
import { isNarrow } from '../typesetting.ts';
import { unitsOf, wrapWords } from '../wrap-words.ts';
import { keyDetailView } from './key-detail.ts';
import { secretView } from './secret.ts';

/** A record that is printed with its secret has that, too. */
type ShownRecord = RotationRecord & { secret?: string };

/** Of the lines that continue one: below the name. */
const indent = ' '.repeat('rotated  '.length);

/** The fields of a plain line. */
export const rotationColumns = ['name', 'oldId', 'newId', 'oldRevoked', 'oldRevokeAt', 'verified'] as const;

export function rotatedView(record: ShownRecord, terminal: Terminal): string {
  const { secret, new: key } = record;
  const secretPart = secret === undefined ? '' : secretView(secret, 'secret, shown only once', terminal);
  const detail = key && record.changed ? keyDetailView(key, terminal) : '';
  return `${detail}${rotatedLine(record, terminal)}${secretPart}`;
}

/** A line per record. Failures come last, where they are seen. */
export function rotatedLines(records: readonly RotationRecord[], terminal: Terminal): string {
  const rank = ({ error, pending }: RotationRecord) => (error ? 2 : pending ? 1 : 0);
  const ordered = [...records].sort((one, other) => rank(one) - rank(other));
  return ordered.map((record) => rotatedLine(record, terminal)).join('');
}

/** `rotated  ci  9fK2… → Zp41…  old key ends in 7 days` */
export function rotatedLine(record: RotationRecord, terminal: Terminal): string {
  const { style, now } = terminal;
  const { old, new: key, error, pending } = record;
  const name = shown((key ?? old)?.name ?? '');
  if (error) return `${style.red('failed')}   ${name}  ${broken(shown(error.message), name, terminal)}\n`;
  if (pending) return `${style.yellow('pending')}  ${name}  ${shown(pending)}\n`;
  if (!record.changed || !old || !key) {
    return record.dryRun && old
      ? `${style.dim('would rotate')}  ${name}  ${shown(old.id)}  ${endOf(record, 'key', now)}\n`
      : `${style.dim('not due')}  ${name}\n`;
  }
  const isSame = old.id === key.id;
  const ids = isSame ? shown(key.id) : `${shown(old.id)} → ${shown(key.id)}`;
  return `${style.green('rotated')}  ${name}  ${ids}  ${endOf(record, isSame ? 'secret' : 'key', now)}\n`;
}

/** Between words, as the lines of other errors. */
function broken(message: string, name: string, { width }: Terminal): string {
  // At most: loading what measures wide characters is not worth it.
  const nameWidth = isNarrow(name) ? name.length : 2 * name.length;
  const [first = '', ...others] = wrapWords(unitsOf(message), width - indent.length - nameWidth - 2);
  const rest = others.length === 0 ? [] : wrapWords(unitsOf(others.join(' ')), width - indent.length);
  return [first, ...rest].join(`\n${indent}`);
}

function endOf({ oldRevoked, oldRevokeAt }: RotationRecord, what: 'key' | 'secret', now: Date): string {
  if (oldRevoked) return `old ${what} revoked`;
  if (oldRevokeAt !== null && Date.parse(oldRevokeAt) <= now.getTime()) return `old ${what} ends at once`;
  if (oldRevokeAt === null) return `old ${what} ends once it is idle`;
  return `old ${what} ends ${relativeTime(oldRevokeAt, now)}`;
}
