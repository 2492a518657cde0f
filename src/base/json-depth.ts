/** Nested lists and objects. Nothing that is read has so many, and reading them would exhaust the stack. */
export const maxJsonDepth = 200;

/** Whether a JSON text is nested more deeply than that. */
export function isTooDeep(text: string): boolean {
  let [depth, isText] = [0, false];
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charCodeAt(at);
    if (isText) {
      if (character === 0x5c) at += 1;
      else if (character === 0x22) isText = false;
    } else if (character === 0x22) isText = true;
    else if (character === 0x5b || character === 0x7b) {
      depth += 1;
      if (depth > maxJsonDepth) return true;
    } else if (character === 0x5d || character === 0x7d) depth -= 1;
  }
  return false;
}
