/*
 * Records as YAML 1.2. Text stands in double quotes, where any character can be escaped, and JSON's own form of it is valid:
 * nothing unsafe reaches a terminal, and text with line breaks stays on one line, so none of it begins a line like a CI
 * command. A library takes ten times as long, which counts in a list of 100,000 keys.
 */

/** The document of a record. */
export function toYaml(record: object): string {
  return `${write(record, 0)}\n`;
}

/** The record as an item of a list. */
export function toYamlItem(record: object): string {
  return `- ${write(record, 1)}\n`;
}

/** Text that JSON does not escape. */
const plainText = /^[ !#-[\]-~]*$/;

/** A value, as JSON.stringify reads it, whose first line is indented already; `level`: how far its other lines are. */
function write(value: unknown, level: number): string {
  if (typeof value !== 'object' || value === null) return scalar(value);
  if (hasOwnJson(value)) return write(value.toJSON(), level);
  return contentOf(value, level) || JSON.stringify(value);
}

/** A value after the name of its field: a list or an object with content begins on the next line. */
function writeAfterName(value: unknown, level: number): string {
  if (typeof value !== 'object' || value === null) return ` ${scalar(value)}`;
  if (hasOwnJson(value)) return writeAfterName(value.toJSON(), level);
  const content = contentOf(value, level + 1);
  return content === '' ? ` ${JSON.stringify(value)}` : indentOf(level + 1) + content;
}

function scalar(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value === 'string' && plainText.test(value)) return `"${value}"`;
  return JSON.stringify(value) ?? 'null';
}

/** The items or fields of an object; empty if it has none. */
function contentOf(value: object, level: number): string {
  let text = '';
  if (Array.isArray(value)) {
    for (const item of value) text += `${text === '' ? '' : indentOf(level)}- ${write(item, level + 1)}`;
    return text;
  }
  // A list of the names would be one more object for each object.
  for (const name in value) {
    const field = value[name as keyof typeof value] as unknown;
    if (field === undefined) continue;
    const { first, next } = startOf(name, level);
    text += text === '' ? first : next;
    // Most fields are one of these.
    if (field === null) text += ' null';
    else if (typeof field === 'string' && plainText.test(field)) text += ` "${field}"`;
    else text += writeAfterName(field, level);
  }
  return text;
}

const indents: string[] = [];

/** A line break, and the indent of a level. */
function indentOf(level: number): string {
  indents[level] ??= `\n${'  '.repeat(level)}`;
  return indents[level];
}

function hasOwnJson(value: object): value is { toJSON(): unknown } {
  return 'toJSON' in value && typeof value.toJSON === 'function';
}

/** Words that some readers take for something else than text. */
const reserved = /^(?:true|false|null|yes|no|on|off|y|n)$/i;

/** A longer name needs a question mark (YAML 1.2.2, section 7.4.2). */
const maxNameLength = 1000;

/** How a field begins. */
interface Start {
  first: string;
  /** After another field. */
  next: string;
}

/** Those with plain names, by level: each row of a list has the same. */
const starts: Map<string, Start>[] = [];
const maxNames = 1000;

function startOf(name: string, level: number): Start {
  starts[level] ??= new Map();
  const startsHere = starts[level];
  let start = startsHere.get(name);
  if (!start) {
    const first = `${nameOf(name, level)}:`;
    start = { first, next: indentOf(level) + first };
    if (isPlainName(name) && startsHere.size < maxNames) startsHere.set(name, start);
  }
  return start;
}

/** Names can be foreign text, such as those of labels. */
function nameOf(name: string, level: number): string {
  if (isPlainName(name)) return name;
  const quoted = JSON.stringify(name);
  return quoted.length <= maxNameLength ? quoted : `? ${quoted}${indentOf(level)}`;
}

function isPlainName(name: string): boolean {
  return /^[A-Za-z]\w*$/.test(name) && name.length <= maxNameLength && !reserved.test(name);
}
