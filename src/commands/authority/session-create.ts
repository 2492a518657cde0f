import type { CreatedSession } from '../../app/create-session.ts';
import { roles } from '../../authority/roles.ts';
import { InvalidValue } from '../../base/errors.ts';
import { parseExpiry } from '../../base/time.ts';
import { defineCommand, value } from '../../cli/define.ts';
import { oneOf } from '../../cli/read.ts';
import type { Result } from '../../output/present.ts';
import { ceilingFlags, ceilingIn } from '../flags/ceiling-flags.ts';
import { destinationFlags } from '../flags/destination-flags.ts';
import { dbFlag, sessionFields } from '../flags/session-flags.ts';

const defaultLifetime = '12h';

export const sessionCreate = defineCommand({
  operands: '',
  summary: 'create a session token, with which a user manages keys over HTTP',
  description: [
    'Pass the token to keys login --with-token. It is shown or delivered once; the authority stores only its',
    `hash. Without --expires it expires after ${defaultLifetime}. A user manages its own keys, an admin all`,
    'keys; the user named admin is an admin unless --role says otherwise. A reporter reports the cost of',
    'calls with any key (POST /v1/usage) and does nothing else: for your API, not for people. A promotion',
    "applies to new sessions only; a demotion applies to all of the user's sessions.",
    '',
    'The --max flags limit what a user may give a key, and apply until you pass them again. Only an admin',
    'can grant the permission admin, unless --max-permissions includes it.',
  ].join('\n'),
  examples: [
    'keys session create --user alice --secret-only | keys login --provider authority --url http://127.0.0.1:8787/admin --with-token',
    'keys session create --user bob --max-budget 50 --max-keys 5 --to file:bob.token',
    'keys session create --user api --role reporter --expires never --to file:api.token',
    'keys session create --user ops --role admin --expires 30d --to file:ops.token',
  ],
  flags: {
    user: value('--user <name>', 'the user of the session; created if it does not exist', readUser),
    role: value('--role <role>', 'user, admin, or reporter (reports the cost of calls)', oneOf(roles)),
    expires: value(
      '--expires <when>',
      `when the session expires: 36h, 30d, 2027-01-31 or never (default ${defaultLifetime})`,
      (text, { now }) => parseExpiry(text, now),
    ),
    ...ceilingFlags,
    ...destinationFlags,
    db: dbFlag,
  },
  fields: sessionFields.concat('secret', 'delivered'),
  problems: ({ user }) => (user === undefined ? ['--user is required: name the user of the session'] : []),
  async run(context, input) {
    const { user = '', role, expires, to, secretOnly, allowInGit, db } = input;
    const { createSession } = await import('../../app/create-session.ts');
    const expiresAt = expires === undefined ? parseExpiry(defaultLifetime, context.now) : expires;
    const session = await createSession(
      context,
      { user, role, expiresAt, ceiling: ceilingIn(input), to, secretOnly, allowInGit, db },
      (record) => context.print(resultOf(record)),
    );
    return session ? resultOf(session) : { kind: 'nothing' };
  },
});

/** Names that are safe in paths, headers and logs. Throws `InvalidValue`. */
function readUser(text: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._@+-]{0,99}$/.test(text)) return text;
  throw new InvalidValue(`'${text}' is not a user name: use letters, digits and . _ @ + -, at most 100`);
}

function resultOf(record: CreatedSession): Result {
  return {
    kind: 'one',
    record,
    columns: record.secret === undefined ? sessionFields : sessionFields.concat('secret'),
    table: async (_, terminal) =>
      (await import('../../output/views/session.ts')).sessionView(record, terminal),
  };
}
