import { InvalidValue, usageError } from '../errors.ts';
import type { KeyBackend } from '../lifecycle/ports.ts';
import { parseExpiry } from '../time.ts';
import { value, values } from './define.ts';
import { readCountOrNone, readDollarsOrNone, readLabel, readList, readListOrAll, readText } from './read.ts';

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

/** Refuses permissions that the provider does not know (exit 2). */
export function checkPermissions(backend: KeyBackend, wanted: readonly string[]): void {
  const unknown = wanted.filter((permission) => !backend.permissions.includes(permission));
  if (unknown.length === 0) return;
  const names = unknown.map((permission) => `'${permission}'`).join(', ');
  throw usageError(`--permission: ${names} unknown; this provider has ${backend.permissions.join(', ')}`);
}
