import { InvalidValue, usageError } from '../../base/errors.ts';
import { parseExpiry, stepAt } from '../../base/time.ts';
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
import type { Capabilities, KeyBackend } from '../../keys/ports.ts';

const longestName = 120;
const longestDescription = 1000;

/** The flags that say what a key is; `create` and `update` share them. */
export const keyFlags = {
  description: value('--description <text>', 'what the key is for', readDescription),
  expires: value(
    '--expires <when>',
    '90d, 12w, 6mo, 1y, 36h, 2027-01-31, an RFC 3339 time, or never',
    (text, { now }) => parseExpiry(text, now),
  ),
  permission: values('--permission <list>', 'comma list of what the key may do', readList),
  rateLimit: value('--rate-limit <rpm>', 'requests per minute, or none', readCountOrNone),
  budget: value('--budget <usd>', 'what the key may spend in US dollars, or none', readDollarsOrNone),
  models: values('--models <list>', 'comma list of the models it may call, or all', readListOrAll),
  label: values('--label <name=value>', 'a label; may be repeated', readLabel),
};

/** A key's name: any text of 1 to 120 characters that is not only white space. Throws `InvalidValue`. */
export function readName(text: string): string {
  if (text.trim() === '') throw new InvalidValue('a key needs a name');
  if ([...text].length > longestName)
    throw new InvalidValue(`the name is longer than ${longestName} characters`);
  return text;
}

function readDescription(text: string): string {
  if ([...text].length > longestDescription) {
    throw new InvalidValue(`the description is longer than ${longestDescription} characters`);
  }
  return readText(text);
}

type KeyFlagInput = Omit<Input<typeof keyFlags>, 'operands'>;

/** Refuses, before any call, what a new key cannot be given by this provider (exit 2). */
export function checkCapabilities(
  provider: string,
  backend: KeyBackend,
  input: KeyFlagInput,
  now: Date,
): void {
  const { capabilities } = backend;
  requireInputs(provider, 'create', inputsIn(input), capabilities);
  checkPermissions(backend, input.permission.flat());
  const { expiryRequired } = capabilities;
  if (expiryRequired && !input.expires) {
    throw usageError(
      `the provider ${provider} makes no key that never expires: add --expires with${offered(capabilities) || ' a time'}`,
    );
  }
  checkExpiry(provider, capabilities, input.expires, now);
}

/** Refuses an expiry that is none of the steps of a provider that has only these (exit 2). */
export function checkExpiry(
  provider: string,
  capabilities: Capabilities,
  expires: Date | null | undefined,
  now: Date,
): void {
  const { expiry, expirySteps = [] } = capabilities;
  if (expiry !== 'steps' || !expires || stepAt(expirySteps, expires, now) !== undefined) return;
  throw usageError(`--expires: the provider ${provider} only has${offered(capabilities)}`);
}

function offered({ expiry, expirySteps = [] }: Capabilities): string {
  return expiry === 'steps' ? ` one of ${expirySteps.join(', ')}` : '';
}

/** What the flags say about a key. `never` and `none` say nothing that an API without the matter could not honour. */
function inputsIn(input: KeyFlagInput): KeyInput[] {
  const said: [KeyInput, unknown][] = [
    ['description', input.description],
    ['expiresAt', input.expires],
    ['permissions', input.permission[0]],
    ['rateLimitRpm', input.rateLimit],
    ['budgetUsd', input.budget],
    ['models', input.models.flat()[0]],
    ['labels', input.label[0]],
  ];
  return said.filter(([, value]) => value !== undefined && value !== null).map(([name]) => name);
}

/** Refuses permissions that the provider does not know (exit 2). */
export function checkPermissions({ permissions }: KeyBackend, wanted: readonly string[]): void {
  const unknown = permissions ? wanted.filter((permission) => !permissions.includes(permission)) : [];
  if (!permissions || unknown.length === 0) return;
  const names = unknown.map((permission) => `'${permission}'`).join(', ');
  throw usageError(`--permission: ${names} unknown; this provider has ${permissions.join(', ')}`);
}
