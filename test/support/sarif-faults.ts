import { readFileSync } from 'node:fs';
import type { ErrorObject } from 'ajv';
import { Ajv } from 'ajv';

// https://github.com/oasis-tcs/sarif-spec, sarif-2.1/prose/sarif-schema-2.1.0.json
const schema = readFileSync(new URL('fixtures/sarif-schema-2.1.0.json', import.meta.url), 'utf8');

const ajv = new Ajv({
  strict: false,
  // A pattern of the schema is none with the flag u.
  unicodeRegExp: false,
  formats: { uri: (text) => URL.canParse(text), 'uri-reference': isReference, 'date-time': true },
});
const isValid = ajv.compile(JSON.parse(schema));

/** What the schema of OASIS finds wrong with a SARIF document; empty: it is valid. */
export function sarifFaults(document: unknown): ErrorObject[] {
  return isValid(document) ? [] : (isValid.errors ?? []);
}

function isReference(text: string): boolean {
  return /^[\w.~:/?#@!$&'()*+,;=%-]*$/.test(text) && !/%(?![0-9a-f]{2})/i.test(text);
}
