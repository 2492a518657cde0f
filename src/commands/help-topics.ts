import { localProvider } from '../accounts/profile.ts';
import { errorCodes, exitOf, exits } from '../base/error-codes.ts';
import { globalFlags } from '../cli/global-flags.ts';
import type { Topics } from '../cli/help.ts';
import { flagRows } from '../cli/help.ts';
import { formats, reportFormats } from '../output/formats.ts';
import { agentMarkers, environment } from '../platform/env.ts';
import type { Provider } from '../providers/declaration/provider.ts';
import { sinkKinds } from '../sinks/sink-spec.ts';

/** Rows come from the tables that the program uses. */
export const topics: Topics = {
  flags: {
    summary: 'flags of every command',
    rows: [
      ...flagRows(globalFlags),
      ['-h, --help', 'show the help of a command'],
      ['-V, --version', 'print the version'],
    ],
    after: [
      'They may stand before or after the command. Words after -- are never flags.',
      'The word after --json is its list of fields only if each part of it is a field of the command.',
    ].join('\n'),
  },
  'exit-codes': {
    summary: 'exit codes and what they mean',
    rows: Object.values(exits).map(({ code, meaning }) => [String(code), meaning] as const),
  },
  environment: {
    summary: 'environment variables that keys reads',
    rows: Object.entries(environment),
    after: [
      'KEYS_OPTION_<NAME> sets --option NAME. KEYS_PASSWORD and KEYS_OTP are sent to APIs that ask for one with a call.',
      'KEYS_<NAME> is a further secret that a provider needs; keys provider show ID names it.',
      'Programs that keys starts (keys run, sinks, git, tokenCommand) get these variables except KEYS_TOKEN, and no other KEYS_*.',
      `Under a coding agent, the terminal counts as a pipe for secrets. It is detected by ${agentMarkers.join(', ')}.`,
      'HTTPS_PROXY, HTTP_PROXY, NO_PROXY and NODE_EXTRA_CA_CERTS have their usual meaning.',
    ].join('\n'),
  },
  formats: {
    summary: 'output formats (--format)',
    rows: Object.entries({ ...formats, ...reportFormats }),
    after: [
      'Without --format: a table on a terminal; elsewhere tab-separated lines without a header, with times in RFC 3339 UTC.',
      'In table, csv, tsv and plain lines, control characters are written as escapes (\\x1b, \\n, \\u202e).',
      'json, ndjson and yaml keep the data exactly. sarif and markdown write unsafe characters as escapes.',
    ].join('\n'),
  },
  sinks: {
    summary: 'where to deliver the secret of a new key (--to)',
    rows: Object.entries(sinkKinds),
    after: [
      'Several --to deliver in order, stdout last. Sinks are checked before the key is created and read back afterwards.',
      'Without --to, the secret is shown once on a terminal; elsewhere only with --json (or ndjson, yaml) or --secret-only.',
      'A secret that cannot be delivered waits in escrow, and keys recover delivers it later. ' +
        'Escrow is the system keychain or, if the profile has "escrow": "file" in config.json, a private file. Without escrow, the new key is revoked.',
    ].join('\n'),
  },
  providers: {
    summary: 'key-management APIs that keys supports',
    rows: async () => {
      const { builtInProviders } = await import('../providers/built-in/built-in.ts');
      const remote = (await builtInProviders()).map((provider) => {
        const settings = settingsFor(provider);
        const { id, name } = provider;
        return [id, settings.length > 0 ? `${name}; needs ${settings.join(' ')}` : name] as const;
      });
      return [[localProvider.id, `${localProvider.name}: ${localProvider.note}`] as const, ...remote];
    },
    after: [
      'To see what a provider can do, and what to know about it: keys provider show <id>',
      'To declare an API of your own: keys provider new, then keys provider add <file>',
    ].join('\n'),
  },
  errors: {
    summary: 'error codes and their exit codes',
    rows: async () => {
      const { errorReference } = await import('../base/error-reference/error-reference.ts');
      return errorCodes().map((code) => {
        const { meaning } = errorReference[code];
        return [code, `${exits[exitOf(code)].code}: ${meaning}`] as const;
      });
    },
    after: [
      'With --json, an error is one JSON document on stderr: {"error":{"code":"…","message":"…","hint":"…"}}.',
      'For what to do about each, see docs/reference/errors.md.',
    ].join('\n'),
  },
};

/** What `keys login` has to be told besides the provider. */
function settingsFor({ url, options = {} }: Provider): string[] {
  const required = Object.entries(options).filter(([, option]) => option.required);
  return [...(url === undefined ? ['--url'] : []), ...required.map(([name]) => `--option ${name}=VALUE`)];
}
