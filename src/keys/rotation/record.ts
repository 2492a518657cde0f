import type { ErrorCode } from '../../base/error-codes.ts';
import type { Key } from '../key.ts';
import { asReported } from '../key.ts';
import type { Delivered } from '../ports.ts';
import type { Requested } from '../requested.ts';

/** What a rotation did for one name. */
export interface RotationRecord extends Requested {
  name: string;
  /** The key that was replaced; null if nothing was rotated. */
  old: Key | null;
  /** The key that is current now; null if the rotation failed. */
  new: Key | null;
  oldId: string | null;
  newId: string | null;
  /** Ids of superseded keys of the name that were retired. */
  retired: readonly string[];
  oldRevoked: boolean;
  /** RFC 3339; null: not known, or there is no old key. */
  oldRevokeAt: string | null;
  verified: boolean;
  /** Whether the value that the sinks held before still works; absent if that is not known. */
  oldWorks?: boolean;
  changed: boolean;
  delivered: readonly Delivered[];
  /** The operation in the journal; null if none began. */
  operation: string | null;
  /** Why old keys were left alone that should be retired. */
  pending?: string;
  error?: { code: ErrorCode; message: string };
  dryRun?: true;
}

/** The record of a name that is left as it is. */
export function unchanged(current: Key): RotationRecord {
  return {
    name: current.name,
    old: null,
    new: asReported(current),
    oldId: null,
    newId: current.id || null,
    retired: [],
    oldRevoked: false,
    oldRevokeAt: null,
    verified: false,
    changed: false,
    delivered: [],
    operation: null,
  };
}

/** The record of a key that was not replaced. */
export function unrotated(old: Key): RotationRecord {
  return { ...unchanged(old), old, new: null, oldId: old.id, newId: null };
}
