import type { GlobalFlags } from '../context.ts';

/** For a command line without flags, which prints and asks nothing. */
export const noGlobals: GlobalFlags = {
  profile: undefined,
  provider: undefined,
  url: undefined,
  format: undefined,
  json: undefined,
  fields: undefined,
  quiet: true,
  noInput: true,
  yes: false,
  timeout: undefined,
  debug: false,
  noColor: true,
  noPager: true,
};
