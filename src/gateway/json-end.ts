/** How many places in a text are tried. */
const maxCandidates = 16;

/** The value of a JSON text; undefined for any other text. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Of a JSON text whose beginning is missing: an object with its member `usage`, or one whose member `response` is such an
 * object; undefined if neither is in it.
 */
export function parseJsonEnd(text: string): unknown {
  // In JSON these characters are a name or a value, never part of a string: there the quotes have backslashes.
  const ends = [...text.matchAll(/"usage"/g)]
    .slice(-maxCandidates)
    .map(({ index }) => text.slice(index))
    .reverse();
  // If it is no member of the object itself, the braces do not match; then try an object inside it.
  for (const beginning of ['{', '{"response":{']) {
    for (const end of ends) {
      const value = parseJson(beginning + end);
      if (value !== undefined) return value;
    }
  }
  return undefined;
}
