import { duplicateName, required, sessionEnding, unfinishedOperation, unreachable } from './account-rules.ts';
import type { AuditRule } from './audit-rule.ts';
import { expired, expiresSoon, neverExpires, tooOld } from './expiry-rules.ts';
import { broaderThanPeers, forbiddenPermission } from './permission-rules.ts';
import { deadValue, readableByOthers, trackedByGit } from './place-rules.ts';
import { neverUsed, superseded, unused } from './use-rules.ts';

/** Every rule of `keys audit`, in the order in which findings of the same severity are reported. */
export const auditRules: readonly AuditRule[] = [
  unreachable,
  forbiddenPermission,
  required,
  deadValue,
  readableByOthers,
  trackedByGit,
  unfinishedOperation,
  sessionEnding,
  neverExpires,
  expiresSoon,
  tooOld,
  superseded,
  unused,
  neverUsed,
  duplicateName,
  expired,
  broaderThanPeers,
];
