/*
 * Records as YAML 1.2. Text stands in double quotes, where any character can be escaped, and JSON's own form of it is valid:
 * nothing unsafe reaches a terminal, and text with line breaks stays on one line, so none of it begins a line like a CI
 * command. A library takes ten times as long, which counts in a list of 100,000 keys.
 */

/** The document of a record. */
export function toYaml(record: object): string {
  return `${write(JSON.parse(JSON.stringify(record)), '')}\n`;
}

/** The record as an item of a list. */
export function toYamlItem(record: object): string {
  return `- ${write(JSON.parse(JSON.stringify(record)), '  ')}\n`;
}

/** A value whose first line is indented already. */
function write(value: unknown, indent: string): string {
  if (!isBlock(value)) return JSON.stringify(value);
  const inner = `${indent}  `;
  const lines = Array.isArray(value)
    ? value.map((item) => `- ${write(item, inner)}`)
    : Object.entries(value).map(([name, one]) => {
        const gap = isBlock(one) ? `\n${inner}` : ' ';
        return `${nameOf(name, indent)}:${gap}${write(one, inner)}`;
      });
  return lines.join(`\n${indent}`);
}

/** A list or an object with content; an empty one is written as in JSON. */
function isBlock(value: unknown): value is object {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0;
}

/** Words that some readers take for something else than text. */
const reserved = /^(?:true|false|null|yes|no|on|off|y|n)$/i;

/** A longer name needs a question mark (YAML 1.2.2, section 7.4.2). */
const maxNameLength = 1000;

/** Names can be foreign text, such as those of labels. */
function nameOf(name: string, indent: string): string {
  if (/^[A-Za-z]\w*$/.test(name) && name.length <= maxNameLength && !reserved.test(name)) return name;
  const quoted = JSON.stringify(name);
  return quoted.length <= maxNameLength ? quoted : `? ${quoted}\n${indent}`;
}
