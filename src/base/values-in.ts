import { usageError } from './errors.ts';
import { authorityShape, Secret } from './secret.ts';

/*
 * A value that has leaked is rarely alone: it is in a line of a log, a dotenv file, JSON, a URL. Missing it would be a false
 * all-clear, so everything that could be a value is considered; anything else simply matches no key. What a search of files finds
 * by the form of values (src/leaks/) is a part of it: a test compares them. That search loads every declaration, decodes nothing
 * and needs no account; this one needs no declaration.
 */

/** A longer text is a job for a scanner. */
const maxTextCharacters = 8_000_000;
const maxValues = 400_000;
/** A shorter value is found only if it is the whole text. */
const minValueCharacters = 8;
/** Parts of a word, between characters that values may contain or end at. */
const maxParts = 12;

/** Whether a text is a single word, and so a value as it is. */
export function isOneValue(text: Secret): boolean {
  return text.matches(/^\s*\S+\s*$/);
}

/**
 * Everything in a text that could be the value of a key, the longest first, with the text itself if it is one
 * line. Throws `KeysError` (2) for a text that is too long.
 */
export function valuesIn(text: Secret): Secret[] {
  const plain = text.reveal();
  if (plain.length > maxTextCharacters)
    throw usageError(
      `the input is larger than ${maxTextCharacters / 1_000_000} MB`,
      'search it in pieces: split -C 4M',
      'to find what looks like a value in a file of any size: keys leaks PATH',
    );
  const values = new Set<string>();
  for (const form of formsOf(plain)) {
    const whole = form.trim();
    if (!/[\r\n]/.test(whole)) values.add(whole);
    for (const piece of piecesOf(form)) if (piece.length >= minValueCharacters) values.add(piece);
    if (values.size > maxValues)
      throw usageError('the input has too many words to search', 'search it in pieces: split -C 1M');
  }
  values.delete('');
  return [...values].sort((a, b) => b.length - a.length).map((value) => new Secret(value));
}

/**
 * The text without what a terminal does not show, with the escapes of JSON and of URLs decoded, with lines joined that a
 * mail or a shell has broken, and the content of base64, as in a `Basic …` header or a Secret of Kubernetes.
 */
function* formsOf(text: string): Iterable<string> {
  const shownText = text.replace(/\u001b\[[0-9;?]*[A-Za-z]|[\u00ad\u200b-\u200d\u2060\ufeff\0]/g, '');
  yield shownText;
  if (shownText.includes('\\')) yield unescaped(shownText);
  if (/%[0-9a-f]{2}/i.test(shownText)) yield shownText.replace(/(?:%[0-9a-f]{2})+/gi, decoded);
  const joinedText = shownText.replace(/[=\\]\r?\n[ \t]*/g, '');
  if (joinedText !== shownText) yield joinedText;
  if (/=[0-9A-F]{2}/.test(joinedText))
    yield joinedText.replace(/=([0-9A-F]{2})/g, (_, code) => Buffer.from(code, 'hex').toString('latin1'));
  for (const [word] of shownText.matchAll(/[A-Za-z0-9+/_-]{16,}={0,2}/g)) {
    const text = Buffer.from(word, 'base64').toString('latin1');
    if (/^[\t\r\n -~]+$/.test(text)) yield text;
  }
}

function unescaped(text: string): string {
  return text.replace(/\\(?:u([0-9a-f]{4})|(.))/gi, (_, code?: string, mark = '') => {
    if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16));
    return /[nrtbf]/.test(mark) ? '\n' : mark;
  });
}

function decoded(escapes: string): string {
  try {
    return decodeURIComponent(escapes);
  } catch {
    return escapes;
  }
}

const issuedByAuthority = new RegExp(authorityShape, 'g');

function* piecesOf(text: string): Iterable<string> {
  for (const [value] of text.matchAll(issuedByAuthority)) yield value;
  for (const [, quotedValue = ''] of text.matchAll(/(?=["'`]([^"'`\r\n]{8,512})["'`])/g)) yield quotedValue;
  for (const [, assignedValue = ''] of text.matchAll(/[=:][ \t]*([^\r\n]{8,512})/g))
    yield assignedValue.trim();
  for (const [word] of text.matchAll(/[^\s"'`<>()[\]{},;|\\]{8,}/g)) yield* partsOf(word);
}

/** A word, and what is between the marks in it: `API_KEY=…`, `https://user:…@host/?key=…&more`, `….`. */
function* partsOf(word: string): Iterable<string> {
  yield word;
  const starts = [0];
  const ends: number[] = [];
  for (const { 0: mark, index } of word.matchAll(/[^A-Za-z0-9_-]+|^[-_]+|[-_]+$/g)) {
    ends.push(index);
    starts.push(index + mark.length);
    // The mark may belong to the value, as the `=` of base64 does.
    ends.push(index + mark.length);
  }
  ends.push(word.length);
  for (const start of starts) {
    const following = ends.filter((end) => end - start >= minValueCharacters);
    for (const end of following.slice(0, 2 * maxParts)) yield word.slice(start, end);
  }
}
