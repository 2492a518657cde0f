/** A member of a JSON object as it stands in the text; several may have the same name. */
export interface Member {
  name: string;
  /** Where its text begins (at the quotes of the name) and ends, and where its value begins. */
  start: number;
  valueStart: number;
  end: number;
}

/**
 * The members of the object that a JSON text holds, in the order of the text, duplicates included (RFC 8259 section 4
 * leaves it open which of those counts). The text must be one that JSON.parse takes and reads as an object.
 */
export function membersOf(text: string): Member[] {
  const members: Member[] = [];
  let at = pastSpace(text, pastSpace(text, 0) + 1);
  while (text[at] !== '}') {
    const start = at;
    const nameEnd = pastString(text, start);
    const valueStart = pastSpace(text, pastSpace(text, nameEnd) + 1);
    const end = pastValue(text, valueStart);
    members.push({ name: JSON.parse(text.slice(start, nameEnd)), start, valueStart, end });
    at = pastSpace(text, end);
    if (text[at] === ',') at = pastSpace(text, at + 1);
  }
  return members;
}

function pastSpace(text: string, start: number): number {
  let at = start;
  while (text[at] === ' ' || text[at] === '\n' || text[at] === '\r' || text[at] === '\t') at += 1;
  return at;
}

function pastString(text: string, start: number): number {
  // No regular expression: those give up on strings of several megabytes, such as images.
  for (let quote = text.indexOf('"', start + 1); quote >= 0; quote = text.indexOf('"', quote + 1)) {
    let backslashes = 0;
    while (text[quote - 1 - backslashes] === '\\') backslashes += 1;
    if (backslashes % 2 === 0) return quote + 1;
  }
  throw new Error('a text that is not JSON was scanned as JSON');
}

function pastValue(text: string, start: number): number {
  if (text[start] === '"') return pastString(text, start);
  let at = start;
  for (let depth = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '"') at = pastString(text, at) - 1;
    else if (character === '{' || character === '[') depth += 1;
    else if (depth === 0 && (character === ',' || character === '}' || isSpace(character))) break;
    else if (character === '}' || character === ']') depth -= 1;
    if (depth === 0 && (character === '}' || character === ']')) return at + 1;
  }
  return at;
}

function isSpace(character: string | undefined): boolean {
  return character === ' ' || character === '\n' || character === '\r' || character === '\t';
}
