import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Secret } from '../../src/base/secret.ts';
import type { RawResponse } from '../../src/http/exchange.ts';
import { withoutSentSecrets } from '../../src/http/wire.ts';
import { encodingsOf } from '../support/encodings.ts';

const token = new Secret('ses_EXAMPLE');
const sentHeaders = { authorization: token.prefixed('Bearer ') };
const hidden = (text: string) => token.hideIn(sentHeaders.authorization.hideIn(text));

function responseOf(values: readonly string[], body: Buffer): RawResponse {
  const headers = Object.fromEntries(values.map((value, at) => [`x-${at}`, value]));
  return { kind: 'response', status: 200, headers, body };
}

test('each header is as it would be by itself, and the body as its text', () => {
  const forms = ['ses_EXAMPLE', ...Object.values(encodingsOf('ses_EXAMPLE'))];
  const piece = fc.constantFrom(
    ...forms,
    'xample',
    'ses_',
    'EXAMPLE',
    '\\',
    '%',
    '%5',
    '&#',
    '\\u00',
    '-',
    'é',
    '',
  );
  const text = fc.array(piece, { maxLength: 4 }).map((pieces) => pieces.join(''));
  fc.assert(
    fc.property(fc.array(text, { maxLength: 4 }), text, (values, body) => {
      const { headers, ...safe } = withoutSentSecrets(responseOf(values, Buffer.from(body)), sentHeaders);
      expect(Object.values(headers)).toEqual(values.map((value) => hidden(value)));
      expect(safe.text).toBe(hidden(body));
      expect(safe.body.toString()).toBe(safe.text);
    }),
    { numRuns: 500 },
  );
});
