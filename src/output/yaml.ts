/*
 * Records as YAML 1.2. Text stands in double quotes, where any character can be escaped, and JSON's own form of it is valid:
 * nothing unsafe reaches a terminal, and text with line breaks stays on one line, so none of it begins a line like a CI
 * command. A library takes ten times as long, which counts in a list of 100,000 keys.
 */

/** The document of a record. */
export function toYaml(record: object): string {
  return `${write(record, '')}\n`;
}

/** The record as an item of a list. */
export function toYamlItem(record: object): string {
  return `- ${write(record, '  ')}\n`;
}

/** Text that JSON does not escape. */
const plainText = /^[ !#-[\]-~]*$/;

/** A value, as JSON.stringify reads it, whose first line is indented already. */
function write(value: unknown, indent: string): string {
  if (typeof value === 'string') return plainText.test(value) ? `"${value}"` : JSON.stringify(value);
  if (typeof value === 'boolean' || Number.isFinite(value)) return String(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  if (hasOwnJson(value)) return write(value.toJSON(), indent);
  const inner = `${indent}  `;
  const text = Array.isArray(value) ? writeItems(value, indent, inner) : writeFields(value, indent, inner);
  return text === '' ? JSON.stringify(value) : text;
}

function writeItems(list: readonly unknown[], indent: string, inner: string): string {
  let text = '';
  for (const item of list) text += `${text === '' ? '' : `\n${indent}`}- ${write(item, inner)}`;
  return text;
}

function writeFields(record: object, indent: string, inner: string): string {
  let text = '';
  // Entries would be as many arrays as there are fields.
  for (const name of Object.keys(record)) {
    const value = record[name as keyof typeof record] as unknown;
    if (value === undefined) continue;
    if (text !== '') text += `\n${indent}`;
    text += `${nameOf(name, indent)}:${isBlock(value) ? `\n${inner}` : ' '}${write(value, inner)}`;
  }
  return text;
}

/** A list or an object with content; an empty one is written as in JSON. */
function isBlock(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (hasOwnJson(value)) return isBlock(value.toJSON());
  if (Array.isArray(value)) return value.length > 0;
  return Object.values(value).some((one) => one !== undefined);
}

function hasOwnJson(value: object): value is { toJSON(): unknown } {
  return 'toJSON' in value && typeof value.toJSON === 'function';
}

/** Words that some readers take for something else than text. */
const reserved = /^(?:true|false|null|yes|no|on|off|y|n)$/i;

/** A longer name needs a question mark (YAML 1.2.2, section 7.4.2). */
const maxNameLength = 1000;

/** Names that stand as they are, such as those of the fields of a key, which each row of a list has. */
const plainNames = new Set<string>();
const maxPlainNames = 1000;

/** Names can be foreign text, such as those of labels. */
function nameOf(name: string, indent: string): string {
  if (plainNames.has(name)) return name;
  if (isPlainName(name)) {
    if (plainNames.size < maxPlainNames) plainNames.add(name);
    return name;
  }
  const quoted = JSON.stringify(name);
  return quoted.length <= maxNameLength ? quoted : `? ${quoted}\n${indent}`;
}

function isPlainName(name: string): boolean {
  return /^[A-Za-z]\w*$/.test(name) && name.length <= maxNameLength && !reserved.test(name);
}
