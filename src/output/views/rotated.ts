import { shown } from '../../base/sanitise.ts';
import type { Key } from '../../keys/key.ts';
import type { Delivered } from '../../keys/ports.ts';
import { relativeTime } from '../relative-time.ts';
import type { Terminal } from '../style.ts';
import { keyDetailView } from './key-detail.ts';
import { secretView } from './secret.ts';

/** What `keys rotate` did for one name. */
export interface RotationRecord {
  name: string;
  /** The key whose place was taken; null where nothing was rotated. */
  old: Key | null;
  /** The key that is in place now; null where that failed. */
  new: Key | null;
  oldId: string | null;
  newId: string | null;
  /** Ids of older keys of the name whose time had come. */
  retired: readonly string[];
  oldRevoked: boolean;
  /** RFC 3339; null: nobody knows, or there is no old key. */
  oldRevokeAt: string | null;
  verified: boolean;
  /** Whether the value that the sinks held before works afterwards; absent where nobody can tell. */
  oldWorks?: boolean;
  changed: boolean;
  delivered: readonly Delivered[];
  /** By which the journal knows it; null where nothing was begun. */
  operation: string | null;
  secret?: string;
  expiresAtRequested?: string | null;
  /** What the new key was to be, where the API stored something else or does not say. */
  requested?: Readonly<Record<string, unknown>>;
  /** Why old keys were left alone that should be retired. */
  pending?: string;
  error?: { code: string; message: string };
  dryRun?: true;
}

export function rotatedView(record: RotationRecord, terminal: Terminal): string {
  const { secret, new: key } = record;
  const secretPart = secret === undefined ? '' : secretView(secret, 'secret, shown this once', terminal);
  const detail = key && record.changed ? keyDetailView(key, terminal) : '';
  return `${detail}${rotatedLine(record, terminal)}${secretPart}`;
}

/** `rotated  ci  9fK2… → Zp41…  old key ends in 7 days` */
export function rotatedLine(record: RotationRecord, { style, now }: Terminal): string {
  const { old, new: key, error, pending } = record;
  const name = shown((key ?? old)?.name ?? '');
  if (error) return `${style.red('failed')}   ${name}  ${shown(error.message)}\n`;
  if (pending) return `${style.yellow('pending')}  ${name}  ${shown(pending)}\n`;
  if (!record.changed || !old || !key) {
    return record.dryRun ? `${style.dim('would rotate')}  ${name}\n` : `${style.dim('not due')}  ${name}\n`;
  }
  return `${style.green('rotated')}  ${name}  ${shown(old.id)} → ${shown(key.id)}  ${endOf(record, now)}\n`;
}

function endOf({ oldRevoked, oldRevokeAt }: RotationRecord, now: Date): string {
  if (oldRevoked) return 'old key revoked';
  if (oldRevokeAt === null) return 'old key ends when it is idle';
  return `old key ends ${relativeTime(oldRevokeAt, now)}`;
}
