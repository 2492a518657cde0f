import { InvalidValue } from '../../base/errors.ts';
import { parseExpiry } from '../../base/time.ts';
import type { Input } from '../../cli/define.ts';
import { value, values } from '../../cli/define.ts';
import {
  readCountOrNone,
  readDollarsOrNone,
  readLabel,
  readList,
  readListOrAll,
  readText,
} from '../../cli/read.ts';
import { requireInputs } from '../../keys/capability-check.ts';
import type { KeyInput } from '../../keys/key.ts';
import type { KeyBackend } from '../../keys/ports.ts';
import { checkExpiry, checkPermissions, requireExpiry } from '../../keys/spec-check.ts';

const maxNameLength = 120;
const maxDescriptionLength = 1000;

/** The flags that describe a key; `create` and `update` share them. */
export const keyFlags = {
  description: value('--description <text>', 'what the key is for', readDescription),
  expires: value(
    '--expires <when>',
    'when the key expires: 90d, 12w, 6mo, 1y, 36h, 2027-01-31, RFC 3339 or never',
    (text, { now }) => parseExpiry(text, now),
  ),
  permission: values('--permission <list>', 'comma-separated permissions', readList),
  rateLimit: value('--rate-limit <rpm>', 'maximum requests per minute, or none', readCountOrNone),
  budget: value('--budget <usd>', 'maximum spend in US dollars, or none', readDollarsOrNone),
  models: values('--models <list>', 'comma-separated models the key may call, or all', readListOrAll),
  label: values('--label <name=value>', 'a label; repeatable', readLabel),
};

/** 1 to 120 characters, not only white space. Throws `InvalidValue`. */
export function readName(text: string): string {
  if (text.trim() === '') throw new InvalidValue('the name of a key must not be empty');
  if ([...text].length > maxNameLength)
    throw new InvalidValue(`the name is longer than ${maxNameLength} characters`);
  return text;
}

function readDescription(text: string): string {
  if ([...text].length > maxDescriptionLength) {
    throw new InvalidValue(`the description is longer than ${maxDescriptionLength} characters`);
  }
  return readText(text);
}

type KeyFlagInput = Omit<Input<typeof keyFlags>, 'operands'>;

/** Refuses, before any call, what the provider cannot give a new key (exit 2). */
export function checkCapabilities(
  provider: string,
  backend: KeyBackend,
  input: KeyFlagInput,
  now: Date,
): void {
  checkGiven(provider, backend, input, now);
  requireExpiry(provider, backend.capabilities, input.expires);
}

/** The same, but what is missing may still be asked for. */
export function checkGiven(provider: string, backend: KeyBackend, input: KeyFlagInput, now: Date): void {
  const { capabilities } = backend;
  requireInputs(provider, 'create', inputsIn(input), capabilities);
  checkPermissions(backend, input.permission.flat());
  checkExpiry(provider, capabilities, input.expires, now);
}

/** The fields that the flags set. `never` and `none` set nothing: an API without such a field honours them anyway. */
function inputsIn(input: KeyFlagInput): KeyInput[] {
  const inputs: [KeyInput, unknown][] = [
    ['description', input.description],
    ['expiresAt', input.expires],
    ['permissions', input.permission[0]],
    ['rateLimitRpm', input.rateLimit],
    ['budgetUsd', input.budget],
    ['models', input.models.flat()[0]],
    ['labels', input.label[0]],
  ];
  return inputs.filter(([, value]) => value !== undefined && value !== null).map(([name]) => name);
}
