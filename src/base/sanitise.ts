/**
 * Characters that could move the cursor, change colours, reorder or hide text: C0 and C1 controls, DEL, bidirectional
 * marks, embeddings, overrides and isolates, line and paragraph separators, everything that Unicode lets a display leave
 * out (zero-width characters, fillers, tags), annotations, and halves of surrogate pairs. What emoji need stays: the
 * zero-width joiner and the selector of their coloured form.
 */
const unsafe = () =>
  /(?![\u200d\ufe0f])[\p{Control}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}\u2028\u2029\ufff9-\ufffb\p{Surrogate}]/gu;

const namedEscapes = new Map([
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
]);

const safeLine = /^[\x20-\x7e]*$/;

/** The text with everything unsafe written as a visible escape such as `\x1b` or `\u202e`: one harmless line. */
export function visible(text: string): string {
  if (safeLine.test(text)) return text;
  return text.replace(unsafe(), (character) => namedEscapes.get(character) ?? escapeOf(character));
}

/** Shown of a value: measuring text takes time, and no screen is larger. */
const maxValueCharacters = 4_000;

/** As `visible`, cut to this length with `…`; the rest is not even scanned. */
export function shown(text: string, maxCharacters = maxValueCharacters): string {
  if (text.length <= maxCharacters) return visible(text);
  return `${visible(text.slice(0, maxCharacters).replace(/[\ud800-\udbff]$/, ''))}…`;
}

/** A value that is safe to print, and may be coloured, cut to what a person can read. */
export function bounded(text: string): string {
  if (text.length <= maxValueCharacters) return text;
  const start = text.slice(0, maxValueCharacters).replace(/[\ud800-\udbff]$|\x1b\[[\d;]*$/, '');
  return `${start}…${start.includes('\x1b') ? '\x1b[0m' : ''}`;
}

/** As `visible`, with line breaks kept: for messages of several lines. */
export function visibleLines(text: string): string {
  return text.split('\n').map(visible).join('\n');
}

/** JSON text, as JSON.stringify writes it, with everything unsafe inside its strings written as `\uXXXX`, the same data. */
export function safeJson(json: string): string {
  if (isSafeJson(json)) return json;
  return json.replace(unsafe(), (character) => (character === '\n' ? character : unicodeEscapes(character)));
}

/**
 * Most text is ASCII, which has as many bytes as characters, and V8 takes longer to prepare the pattern above than to print a
 * list. Of ASCII only DEL is unsafe: JSON.stringify escapes the other controls (ECMA-262, QuoteJSONString).
 */
function isSafeJson(json: string): boolean {
  return Buffer.byteLength(json) === json.length && !json.includes('\x7f');
}

function escapeOf(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code <= 0xff) return `\\x${code.toString(16).padStart(2, '0')}`;
  if (code <= 0xffff) return `\\u${code.toString(16).padStart(4, '0')}`;
  return `\\u{${code.toString(16)}}`;
}

function unicodeEscapes(character: string): string {
  let text = '';
  for (let unit = 0; unit < character.length; unit++) {
    text += `\\u${character.charCodeAt(unit).toString(16).padStart(4, '0')}`;
  }
  return text;
}
