import { value } from '../../cli/define.ts';
import { offering, readSource } from '../../cli/read.ts';

/** Where the secret of a key is, for commands that look at one: a secret is never an argument. */
export const fromFlag = value(
  '--from <source>',
  'where to read the secret: keychain:NAME, file:PATH or env:PATH#NAME (default: stdin)',
  offering('source', readSource),
);
