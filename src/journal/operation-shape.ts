import type { EscrowKind, Header, Setting } from '../keys/operations/open-operation.ts';
import type { Plan, Replaced, Step } from '../keys/operations/operation.ts';
import type { PlannedSpec } from '../keys/operations/planned-spec.ts';

/*
 * What the lines of a journal may contain. Every field has its check, and the types demand one for each new field. Unknown
 * fields are allowed; an unknown step was written by a later version, which alone can continue the operation.
 */

type Check = (value: unknown) => boolean;
type Shape<T> = { [Field in keyof Required<T>]: Check };

const text: Check = (value) => typeof value === 'string';
const texts: Check = (value) => Array.isArray(value) && value.every(text);
const flag: Check = (value) => typeof value === 'boolean';
const time: Check = (value) => typeof value === 'string' && !Number.isNaN(Date.parse(value));
const duration: Check = (value) => typeof value === 'number' && value >= 0 && Number.isFinite(value);
const url: Check = (value) => typeof value === 'string' && URL.canParse(value);
const oneOf =
  (...values: readonly string[]): Check =>
  (value) =>
    typeof value === 'string' && values.includes(value);
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const hasShape =
  (shape: Record<string, Check>): Check =>
  (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
    return Object.entries(shape).every(([field, check]) => check((value as Record<string, unknown>)[field]));
  };

const shownShape: Shape<NonNullable<Replaced['shown']>> = {
  prefix: optional(text),
  createdAt: optional(text),
};

const replacedShape: Shape<Replaced> = {
  id: text,
  grace: duration,
  expiresAt: optional(orNull(time)),
  unverified: optional(flag),
  createdAt: optional(text),
  shown: optional(hasShape(shownShape)),
  untilIdle: optional(flag),
  revokedFirst: optional(flag),
};

const specShape: Shape<PlannedSpec> = {
  name: text,
  description: orNull(text),
  expiresAt: orNull(time),
  spanMs: optional(duration),
  permissions: texts,
  rateLimitRpm: orNull(duration),
  budgetUsd: orNull(duration),
  models: texts,
  labels: hasShape({}),
  kept: optional(hasShape({})),
};

const plan: Shape<Plan> = {
  kind: oneOf('create', 'session', 'rotate'),
  name: text,
  sinks: texts,
  known: texts,
  nameless: optional(flag),
  isCut: optional(flag),
  spec: optional(hasShape(specShape)),
  replaces: optional(hasShape(replacedShape)),
};

const setting: Shape<Setting> = {
  profile: text,
  provider: text,
  url: orNull(url),
  cwd: text,
  db: optional(text),
};

const header: Shape<Omit<Header, 'version'>> = {
  id: text,
  at: time,
  plan: hasShape(plan),
  setting: hasShape(setting),
};

const escrowKinds: readonly EscrowKind[] = ['keychain', 'file', 'none'];

const steps: { [Name in Step['step']]: Shape<Omit<Extract<Step, { step: Name }>, 'step'>> } = {
  revoking: {},
  revoked: {},
  creating: { limit: optional(duration) },
  sending: { isFinal: optional(flag) },
  created: { id: text, fingerprint: optional(text) },
  delivering: { sink: text },
  delivered: { sink: text, verified: flag },
  undelivered: { sink: optional(text), reason: text, isUnclear: optional(flag) },
  superseded: { until: orNull(time) },
  lost: { reason: text },
  undone: { reason: text },
};

const lines: Record<string, Record<string, Check>> = {
  ...steps,
  reserved: { escrow: oneOf(...escrowKinds) },
};

/** Why this is not the first line of the operation with this id; undefined if it is. */
export function headerFault(value: unknown, id: string): string | undefined {
  if (!hasShape({})(value)) return 'its first line does not describe an operation';
  const { version } = value as { version?: unknown };
  if (typeof version === 'number' && version > 1) return 'it was written by a later version of keys';
  if (version !== 1 || !hasShape(header)(value)) return 'its first line does not describe an operation';
  return (value as Header).id === id ? undefined : 'it describes the operation of another file';
}

/** Why this is not a line after the first one; undefined if it is. */
export function lineFault(value: unknown): string | undefined {
  if (!hasShape({ step: text, at: time })(value)) return 'a line is not a step of an operation';
  const { step } = value as { step: string };
  const shape = Object.hasOwn(lines, step) ? lines[step] : undefined;
  if (!shape) return 'it has a step of a later version of keys';
  return hasShape(shape)(value) ? undefined : `its step '${step}' is incomplete`;
}
