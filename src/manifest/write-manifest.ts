import { safeJson, visible } from '../base/sanitise.ts';
import { looksLikeSecret } from '../base/secret.ts';
import { escapedText } from './place.ts';

/*
 * Writes a manifest that is read as exactly what it was written from, whatever the names and texts of a server are. Nothing
 * unsafe reaches a terminal: what is not a plain word stands in double quotes, in JSON's own form, which is valid YAML.
 */

export const schemaUrl = 'https://example.com/keys/keys.schema.json';

/** A key as the file says it, without its place in the file. */
export interface WrittenKey {
  name: string;
  /** Absent: that of the file. */
  profile?: string;
  description?: string;
  /** As the file has it: `90d`, a date, a time, or `never`. */
  expires?: string;
  permissions?: readonly string[];
  rateLimitRpm?: number;
  budgetUsd?: number;
  models?: readonly string[];
  labels?: Readonly<Record<string, string>>;
}

export interface WrittenManifest {
  profile?: string;
  keys: Readonly<Record<string, Omit<WrittenKey, 'name'> & { name?: string }>>;
}

/** The content of a file with these keys; each has an entry of its own, which is its name where that can be. */
export function manifestOf(profile: string | undefined, keys: readonly WrittenKey[]): WrittenManifest {
  const entries = new Map<string, WrittenManifest['keys'][string]>();
  for (const { name, ...fields } of keys) {
    const entry = entryFor(name, fields.profile, (one) => entries.has(one));
    const written = { ...(entry !== name && { name }), ...fields };
    entries.set(entry, escaped(written) as typeof written);
  }
  const named = [...entries].map(([entry, fields]) => [escapedText(entry), fields]);
  return { ...(profile !== undefined && { profile: escapedText(profile) }), keys: Object.fromEntries(named) };
}

/** A longer name needs a question mark (YAML 1.2.2, section 7.4.2). */
const maxNameLength = 1000;

function entryFor(name: string, profile: string | undefined, isTaken: (entry: string) => boolean): string {
  const isLong = JSON.stringify(name).length > maxNameLength;
  const wish = isLong ? `${name.slice(0, 20)}…` : name;
  const inProfile = profile === undefined ? wish : `${wish}@${profile}`;
  const choices = [...(isLong ? [] : [wish]), inProfile];
  for (let count = 2; ; count += 1) {
    const entry = choices.find((one) => !isTaken(one) && !looksLikeSecret(one));
    if (entry !== undefined) return entry;
    choices.push(`${inProfile}-${count}`);
  }
}

function escaped(value: unknown): unknown {
  if (typeof value === 'string') return escapedText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(escaped);
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [escapedText(name), escaped(one)]));
}

const header = [
  `# yaml-language-server: $schema=${schemaUrl}`,
  '# keys plan compares the keys with this file, and keys apply makes them as it says. For a key that is to be rotated,',
  '# add where its secret is kept, and when: to: ["env:.env#API_KEY"] and rotate: { olderThan: 60d }',
];

/** The file, with a line of comment for each remark. */
export function writeManifest({ profile, keys }: WrittenManifest, remarks: readonly string[]): string {
  const entries = Object.entries(keys);
  const lines = [
    ...header,
    ...remarks.map((remark) => `# ${visible(remark)}`),
    ...(profile === undefined ? [] : [`profile: ${scalar(profile)}`]),
    entries.length === 0 ? 'keys: {}' : 'keys:',
    ...entries.flatMap(([entry, fields]) => {
      const own = Object.entries(fields).flatMap(([name, value]) => fieldLines(name, value));
      return [`  ${scalar(entry)}:${own.length === 0 ? ' {}' : ''}`, ...own];
    }),
  ];
  return `${lines.join('\n')}\n`;
}

function fieldLines(name: string, value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [`    ${name}: ${scalar(value)}`];
  if (Array.isArray(value)) return [`    ${name}: [${value.map(scalar).join(', ')}]`];
  const entries = Object.entries(value).map(([one, text]) => [scalar(one), scalar(text)] as const);
  if (entries.every(([one]) => one.length <= maxNameLength))
    return [`    ${name}: { ${entries.map(([one, text]) => `${one}: ${text}`).join(', ')} }`];
  return [`    ${name}:`, ...entries.flatMap(([one, text]) => [`      ? ${one}`, `      : ${text}`])];
}

/** Words that some readers take for something else than text. */
const reserved = /^(?:true|false|null|yes|no|on|off|y|n)$/i;
const plainText = /^[A-Za-z][\w./@-]*(?: [\w./@-]+)*$/;
/** A span, or a date. */
const plainTime = /^\d+[a-z]+$|^\d{4}-\d\d-\d\d(?:T[\d:.]+Z)?$/;

function scalar(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value);
  const isPlain = (plainText.test(value) && !reserved.test(value)) || plainTime.test(value);
  return isPlain ? value : safeJson(JSON.stringify(value));
}
