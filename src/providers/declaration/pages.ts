import * as v from 'valibot';
import { optional } from './field.ts';

/* Where people find an API: its pages, and what its URL looks like. */

const webPage = v.pipe(
  v.string(),
  v.url('is not a URL; write one such as https://example.com/keys'),
  v.regex(/^https:\/\//, 'is not an https URL; write one such as https://example.com/keys'),
);

export const pages = v.strictObject({
  tokens: optional('Where session tokens are created.', webPage),
  keys: optional('Where keys are listed.', webPage),
});

export const urlEnding = v.pipe(
  v.string(),
  v.regex(/^\/[^?#\s]*[^/?#\s]$/, 'is not a path; write one such as /admin'),
);
