import type { Context } from '../../app/context.ts';
import { sinkContextOf } from '../../app/sink-context.ts';
import type { Role } from '../../authority/roles.ts';
import { roles } from '../../authority/roles.ts';
import type { Session } from '../../authority/sessions.ts';
import { InvalidValue } from '../../base/errors.ts';
import { parseExpiry } from '../../base/time.ts';
import { defineCommand, value } from '../../cli/define.ts';
import { oneOf } from '../../cli/read.ts';
import { issueKey } from '../../keys/operations/issue.ts';
import type { Delivered } from '../../keys/ports.ts';
import type { Result } from '../../output/present.ts';
import { absoluteTime, relativeTime } from '../../output/relative-time.ts';
import { shownOnce } from '../../output/reminder.ts';
import { resolveDestination } from '../../sinks/destinations.ts';
import { maskInCiLog } from '../../sinks/mask.ts';
import { ceilingFlags, ceilingIn } from '../flags/ceiling-flags.ts';
import { destinationFlags } from '../flags/destination-flags.ts';
import { dbFlag, sessionFields } from '../flags/session-flags.ts';

const usualSpan = '12h';

const fields = [...sessionFields, 'secret', 'delivered'];

export const sessionCreate = defineCommand({
  operands: '',
  summary: 'make a session token, with which a user manages keys over HTTP',
  description: [
    'The token is what keys login --with-token takes. It is shown or delivered once; the authority keeps its',
    `hash. Without --expires it is good for ${usualSpan}. A user sees its own keys, an admin those of everybody;`,
    'the user named admin is one unless --role says otherwise. --role is for this session and later ones:',
    'earlier ones stay what they are. A lesser role is for all of them. A reporter can say what the calls of',
    'any key have cost (POST /v1/usage), and nothing else: for your API, not for people.',
    '',
    'The --max flags say what a user may give a key, and apply until they are given again. A user that is',
    'not an admin cannot grant the permission admin unless --max-permissions has it.',
  ].join('\n'),
  examples: [
    'keys session create --user alice --secret-only | keys login --provider authority --url http://127.0.0.1:8787/admin --with-token',
    'keys session create --user bob --max-budget 50 --max-keys 5 --to file:bob.token',
    'keys session create --user api --role reporter --expires never --to file:api.token',
    'keys session create --user ops --role admin --expires 30d --to file:ops.token',
  ],
  flags: {
    user: value('--user <name>', 'whose session it is; made where there is none of that name', readUser),
    role: value('--role <role>', 'user, admin, or reporter (of what calls cost)', oneOf(roles)),
    expires: value(
      '--expires <when>',
      `36h, 30d, 2027-01-31 or never; default ${usualSpan}`,
      (text, { now }) => parseExpiry(text, now),
    ),
    ...ceilingFlags,
    ...destinationFlags,
    db: dbFlag,
  },
  fields,
  problems: ({ user }) => (user === undefined ? ['--user is needed: whose session is it?'] : []),
  async run(context, input) {
    const { user = '', role, expires, to, secretOnly, allowInGit, db } = input;
    const { openAuthority, sessionIssuer, aSession } = await import('../../app/open-authority.ts');
    const authority = openAuthority(context, db);
    const { sessions } = authority;
    const destination = await resolveDestination(context.io, {
      context: sinkContextOf(context, allowInGit),
      to,
      secretOnly,
      format: context.output.format,
      fields: context.output.fields,
      noun: 'session',
      present: ({ key, delivered }, secret) =>
        context.print(
          created({
            ...made(sessions.get(key.id)),
            delivered: [...delivered, { sink: 'stdout', verified: false }],
            secret,
          }),
        ),
    });
    const expiresAt = expires === undefined ? parseExpiry(usualSpan, context.now) : expires;

    const before = authority.users.get(user)?.role;
    const ceiling = ceilingIn(input);
    context.startMutation();
    const issued = await issueKey(
      sessionIssuer(sessions),
      { name: user, user, role, expiresAt },
      {
        subject: aSession,
        sinks: destination.sinks,
        known: await sessionIssuer(sessions).list(),
        journal: await context.journal(db),
        onSecret: (secret) => maskInCiLog(context.io, secret),
      },
    );
    if (Object.keys(ceiling).length > 0) authority.users.setCeiling(user, ceiling);
    const { delivered } = issued;
    const session = made(sessions.get(issued.key.id));
    if (role !== undefined && before !== undefined && role !== before)
      await context.note(newRole(user, role));
    await echo(context, session, delivered, destination.printsSecretOnly);
    if (destination.printsRecord && context.io.stdout.isTTY) {
      await context.note(shownOnce('token'));
    }
    if (destination.printsSecretOnly || destination.printsRecord) return { kind: 'nothing' };
    return created({ ...session, delivered });
  },
});

/** What is left of a user's name in paths, headers and logs is the name itself. Throws `InvalidValue`. */
function readUser(text: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._@+-]{0,99}$/.test(text)) return text;
  throw new InvalidValue(`'${text}' is not a user's name: letters, digits and . _ @ + -, at most 100`);
}

function made(session: Session | undefined): Session {
  if (!session) throw new Error('no session was made');
  return session;
}

/** A role belongs to the user, whose sessions keep what they were made with, or less. */
function newRole(user: string, role: Role): string {
  return role === 'admin'
    ? `${user} is an admin from now on; sessions that were made before stay what they are`
    : `${user} is a ${role} from now on, and no more than that in any of its sessions`;
}

async function echo(
  context: Context,
  session: Session,
  delivered: readonly Delivered[],
  printsSecretOnly: boolean,
): Promise<void> {
  const { user, role, expiresAt } = session;
  if (!context.isHumanOutput || printsSecretOnly) {
    const end =
      expiresAt === null
        ? 'never expires'
        : `expires ${absoluteTime(expiresAt)} (${relativeTime(expiresAt, context.now)})`;
    await context.note(`a session of ${role === 'user' ? '' : `the ${role} `}${user}, which ${end}`);
  }
  for (const { sink, verified } of delivered) {
    if (sink !== 'stdout') await context.note(`delivered to ${sink}${verified ? ' and read back' : ''}`);
  }
}

function created(record: Session & { delivered: readonly Delivered[]; secret?: string }): Result {
  return {
    kind: 'one',
    record,
    columns: record.secret === undefined ? sessionFields : [...sessionFields, 'secret'],
    table: async (_, terminal) =>
      (await import('../../output/views/session.ts')).sessionView(record, terminal),
  };
}
