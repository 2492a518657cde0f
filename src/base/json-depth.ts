/** Nested lists and objects. Nothing that is read has so many, and reading them would exhaust the stack. */
export const maxJsonDepth = 200;

const [quote, backslash, openList, closeList, openObject, closeObject] = [0x22, 0x5c, 0x5b, 0x5d, 0x7b, 0x7d];

/** A text of this length can be parsed before its nesting is known: it takes less than 100 MB, whatever it is. */
export const maxSafeLength = 1024 * 1024;

/** Whether a value from JSON is nested more deeply than that. Quicker than its text, which has more characters than values. */
export function isTooDeepValue(value: unknown, depth = 0): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (depth === maxJsonDepth) return true;
  if (Array.isArray(value)) {
    for (const one of value) if (isNestedTooDeep(one, depth)) return true;
    return false;
  }
  // A list of the values would be one more object for each object.
  for (const name in value) if (isNestedTooDeep(value[name as keyof typeof value], depth)) return true;
  return false;
}

function isNestedTooDeep(value: unknown, depth: number): boolean {
  return typeof value === 'object' && value !== null && isTooDeepValue(value, depth + 1);
}

/** Whether a JSON text is nested more deeply than that. */
export function isTooDeep(text: string): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charCodeAt(at);
    if (character === quote) at = endOfString(text, at);
    else if (character === openList || character === openObject) {
      depth += 1;
      if (depth > maxJsonDepth) return true;
    } else if (character === closeList || character === closeObject) depth -= 1;
  }
  return false;
}

/** Where the string ends that begins here; most of a text are strings, which are skipped by a search. */
function endOfString(text: string, start: number): number {
  let end = start;
  do {
    end = text.indexOf('"', end + 1);
    if (end < 0) return text.length;
  } while (isEscaped(text, end));
  return end;
}

/** After an odd number of backslashes. */
function isEscaped(text: string, at: number): boolean {
  let start = at;
  while (text.charCodeAt(start - 1) === backslash) start -= 1;
  return (at - start) % 2 === 1;
}
