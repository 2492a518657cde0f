import { readKeptSecrets } from '../../app/kept-secrets.ts';
import {
  chooseConnection,
  chooseStore,
  readSessionToken,
  requireAccepted,
  storeLogin,
} from '../../app/log-in.ts';
import { sessionStatus } from '../../app/session-status.ts';
import { warnOfTokenVariables } from '../../app/stored-token.ts';
import { InvalidValue } from '../../base/errors.ts';
import { defineCommand, toggle, value, values } from '../../cli/define.ts';
import { oneOf, readLabel } from '../../cli/read.ts';
import type { Terminal } from '../../output/style.ts';
import { allStatusFields, statusResult } from './status.ts';

export const login = defineCommand({
  operands: '',
  summary: 'store a session token for a profile, after checking it with the API',
  description: [
    'On a terminal, keys asks for whatever is missing, checks a URL before it asks for the token, and offers to open the page where tokens are created. Elsewhere, pass --provider, --with-token and, if the provider',
    'has no default URL, --url. The profile is named by --profile, or after the provider, and becomes the current one.',
    'The token is stored in the system keychain; with --store file, in a file that only you can read (0600).',
    'Some providers need a second secret with each call, such as an application key: it is stored beside the token. Where',
    'keys cannot prompt, it is read from KEYS_<NAME> (keys provider show ID); --with-token reads only the token.',
  ].join('\n'),
  examples: [
    'keys login --provider unreal',
    'keys login --provider gitlab --option project=group/app --with-token < token.txt',
    'keys login --profile work --provider riskinmind --url https://api.example.com --store file',
  ],
  flags: {
    withToken: toggle('--with-token', 'read the session token from stdin'),
    store: value(
      '--store <store>',
      'where to store the token: keychain (default) or file',
      oneOf(['keychain', 'file'] as const),
    ),
    noVerify: toggle('--no-verify', 'store the token without checking it with the API'),
    open: toggle('--open', 'open the page where session tokens are created'),
    noOpen: toggle('--no-open', 'do not offer to open that page'),
    option: values('--option <name=value>', 'a setting of this provider; repeatable', readOption),
  },
  fields: allStatusFields,
  problems: ({ open, noOpen }) => (open && noOpen ? ['--open and --no-open cannot be combined'] : []),
  async run(context, { option, withToken, store, noVerify, open, noOpen }) {
    const asks = context.interactive && !withToken;
    const connection = await chooseConnection(context, Object.fromEntries(option), asks && !noVerify);
    if (asks) {
      const { offerTokenPage } = await import('../../app/login-wizard.ts');
      await offerTokenPage(context, connection, open || noOpen ? open : undefined);
    }
    const token = await readSessionToken(context, withToken, connection.provider.name);
    const secrets = await readKeptSecrets(context, connection);
    const credentials = { token, secrets };
    if (!noVerify) await requireAccepted(context, connection, credentials);
    const kind =
      store ?? connection.profile.store ?? (asks ? await chooseStore(context, connection) : 'keychain');
    const profile = await storeLogin(context, connection, credentials, kind);
    await warnOfTokenVariables(context, 'overrides the stored token');
    const place = kind === 'file' ? 'a file that only you can read' : 'the keychain';
    const stored = secrets.size === 0 ? 'token is' : `token and ${[...secrets.keys()].join(', ')} are`;
    await context.note(`logged in: ${profile.name} is now the current profile; its ${stored} in ${place}`);
    const sources = Object.fromEntries([...secrets.keys()].map((name) => [name, kind]));
    const status = sessionStatus({ ...connection, profile }, kind, noVerify ? null : true, sources);
    return {
      ...statusResult(status),
      table: async (_: unknown, terminal: Terminal) =>
        (await import('../../output/views/login.ts')).loginView(status.capabilities, terminal),
    };
  },
});

/** Throws `InvalidValue`. */
function readOption(text: string): [name: string, value: string] {
  const [name, setting] = readLabel(text);
  if (setting === '') throw new InvalidValue(`'${text}' has no value; expected NAME=VALUE`);
  return [name, setting];
}
