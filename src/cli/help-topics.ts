import { localProvider } from '../accounts/profile.ts';
import { errorCodes, exitOf, exits } from '../base/error-codes.ts';
import { formats } from '../output/formats.ts';
import { agentMarkers, environment } from '../platform/env.ts';
import { providers } from '../providers/index.ts';
import { sinkKinds } from '../sinks/sink-spec.ts';

type Rows = readonly (readonly [term: string, meaning: string])[];

/** A page of `keys help` that belongs to no command. Its rows are made from what the program itself uses. */
export interface Topic {
  summary: string;
  /** A function where what the rows are made from is not worth loading for other pages. */
  rows: Rows | (() => Promise<Rows>);
  after?: string;
}

export const topics: Readonly<Record<string, Topic>> = {
  'exit-codes': {
    summary: 'what the exit code tells',
    rows: Object.values(exits).map(({ code, meaning }) => [String(code), meaning] as const),
  },
  environment: {
    summary: 'variables that keys reads',
    rows: Object.entries(environment),
    after: [
      'KEYS_OPTION_<NAME> stands for --option NAME=…; KEYS_PASSWORD and KEYS_OTP answer an API that wants one for a call.',
      'Other programs (keys run, sinks, git, tokenCommand) get the variables above, but for KEYS_TOKEN, and no other KEYS_*.',
      `A coding agent is known by one of ${agentMarkers.join(', ')}: its terminal counts as a pipe for secrets.`,
      'HTTPS_PROXY, HTTP_PROXY, NO_PROXY and NODE_EXTRA_CA_CERTS work as everywhere.',
    ].join('\n'),
  },
  formats: {
    summary: 'how results are printed',
    rows: Object.entries(formats),
    after: [
      'Without --format: a table on a terminal; off it, tab-separated lines without a header, times in RFC 3339 UTC.',
      'In table, csv, tsv and plain lines, control characters and the like are written as escapes (\\x1b, \\n, \\u202e);',
      'json, ndjson and yaml keep the data exactly.',
    ].join('\n'),
  },
  sinks: {
    summary: 'where the secret of a new key can go (--to)',
    rows: Object.entries(sinkKinds),
    after: [
      'Several --to deliver in order, stdout last. Every sink is checked before the key is made, and read back after.',
      'Without --to: shown once on a terminal; off it only with --json (or ndjson, yaml) or --secret-only.',
      'A secret that could not be delivered waits in the keychain of the system; without one, in a private file if the',
      'profile says "escrow": "file" in config.json, and else the key is revoked again. keys recover goes on.',
    ].join('\n'),
  },
  providers: {
    summary: 'the kinds of key-management API',
    rows: [localProvider, ...providers].map(
      ({ id, name, note }) => [id, note ? `${name}: ${note}` : name] as const,
    ),
    after: 'keys provider show <id> tells what each can do.',
  },
  errors: {
    summary: 'error codes, with the exit code of each',
    rows: async () => {
      const { errorReference } = await import('../base/error-reference/error-reference.ts');
      return errorCodes.map((code) => {
        const { meaning } = errorReference[code];
        return [code, `${exits[exitOf(code)].code}: ${meaning}`] as const;
      });
    },
    after: [
      'With --json, an error is one JSON document on stderr: {"error":{"code":"…","message":"…","hint":"…"}}.',
      'docs/reference/errors.md says what to do about each.',
    ].join('\n'),
  },
};
