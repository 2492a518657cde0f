import type { Context } from '../../app/context.ts';
import { rotationServices } from '../../app/rotation-services.ts';
import { parseDuration, parseExpiry, parsePositiveDuration } from '../../base/time.ts';
import type { Input } from '../../cli/define.ts';
import { defineCommand, toggle, value } from '../../cli/define.ts';
import { readCount } from '../../cli/read.ts';
import { isActive } from '../../keys/key.ts';
import type { RotationPolicy } from '../../keys/rotation/policy.ts';
import type { RotationRecord } from '../../keys/rotation/record.ts';
import { rotateKeys } from '../../keys/rotation/rotate.ts';
import type { RotationBatch } from '../../keys/rotation/rotate-many.ts';
import { checkExpiry } from '../../keys/spec-check.ts';
import type { Result } from '../../output/present.ts';
import { destinationFlags } from '../flags/destination-flags.ts';

const fields = [
  'name',
  'old',
  'new',
  'oldId',
  'newId',
  'oldRevoked',
  'oldRevokeAt',
  'oldWorks',
  'verified',
  'changed',
  'delivered',
  'operation',
  'secret',
  'retired',
  'pending',
  'expiresAtRequested',
  'requested',
  'error',
  'dryRun',
];
const columns = ['name', 'oldId', 'newId', 'oldRevoked', 'oldRevokeAt', 'verified'];

const flags = {
  grace: value(
    '--grace <for>',
    'how long the old key keeps working (default 7d; 0: until the new key is delivered)',
    parseDuration,
  ),
  ...destinationFlags,
  expires: value(
    '--expires <when>',
    'when the new key expires (default: after the same span as the old one)',
    (text, { now }) => parseExpiry(text, now),
  ),
  due: value('--due <within>', 'rotate only a key that expires within this time', parsePositiveDuration),
  olderThan: value(
    '--older-than <age>',
    'rotate only a key that is at least this old',
    parsePositiveDuration,
  ),
  all: toggle('--all', 'rotate every active key that is not superseded'),
  finish: toggle('--finish', 'create nothing; only retire old keys whose grace period is over'),
  whenIdle: value(
    '--when-idle <for>',
    'retire an old key once it has not been used for this long, instead of after --grace',
    parsePositiveDuration,
  ),
  allowDowntime: toggle(
    '--allow-downtime',
    'rotate even if the old key stops working before the new one is delivered',
  ),
  allowLoss: toggle(
    '--allow-loss',
    'rotate even if the new key cannot take over everything from the old one',
  ),
  noVerify: toggle('--no-verify', 'deliver the new key without verifying it'),
  concurrency: value(
    '--concurrency <n>',
    'how many calls, and how many deliveries, to make in parallel (default 4)',
    readCount,
  ),
  dryRun: toggle('--dry-run', 'show what would be rotated'),
};

type RotateInput = Input<typeof flags>;

export const rotate = defineCommand({
  operands: '[key...]',
  summary: 'replace a key; the old one keeps working for a grace period',
  description: [
    'The new key has the name and all settings of the old one. It is verified, delivered and read back before the old key',
    'is retired: after --grace, or at once with --grace 0. Run the same command every day: with --older-than or --due it',
    'does nothing until a key is due, retires old keys whose grace period is over, and finishes what was interrupted. An',
    'old key is retired only if there is evidence that the new one has arrived; otherwise the exit code is 5, with a hint.',
  ].join('\n'),
  examples: [
    'keys rotate ci --to env:.env#API_KEY',
    'keys rotate ci --grace 0 --to github:acme/app#API_KEY',
    'keys rotate ci --older-than 60d --grace 7d --to github:acme/app#API_KEY',
    "keys rotate --all --older-than 60d --to 'exec:./deliver {name}'",
    'keys rotate --finish --when-idle 24h',
  ],
  flags,
  fields,
  lacks: ({ operands, all, finish }) =>
    operands.length > 0 || all || finish ? undefined : 'name a key or pass --all',
  offers: (_, key) => key !== undefined && isActive(key) && !key.superseded,
  problems({ operands, all, finish, to, secretOnly, due, olderThan }) {
    const hasReferences = operands.length > 0;
    return [
      ...(hasReferences && all ? ['--all cannot be combined with the name of a key'] : []),
      ...(finish && (to.length > 0 || secretOnly || due || olderThan)
        ? ['--finish creates no key: leave out --to, --secret-only, --due and --older-than']
        : []),
      ...(all || operands.length > 1 ? sharedPlaces(to) : []),
      ...((all || operands.length > 1) && secretOnly
        ? ['--secret-only prints one secret: name one key']
        : []),
    ];
  },
  async run(context, input) {
    const { all, concurrency } = input;
    const services = await rotationServices(context, input);
    checkExpiry(services.profile.provider, services.backend.capabilities, input.expires, context.now);
    const policy = policyOf(input, context.globals.yes);
    const rotation = await rotateKeys(services, { references: input.operands, all, policy });
    return rotation.kind === 'one' ? single(rotation.record) : several(context, rotation.batch, concurrency);
  },
});

function policyOf(input: RotateInput, assumeYes: boolean): RotationPolicy {
  const { finish, noVerify, to, ...policy } = input;
  return { ...policy, finishOnly: finish, verify: !noVerify, to: to.map(({ text }) => text), assumeYes };
}

/** Several keys delivered to one place would overwrite each other. Only a program's arguments are filled in. */
function sharedPlaces(to: RotateInput['to']): string[] {
  return to
    .filter(({ kind, text }) => kind !== 'exec' || !/\{(?:name|id)\}/.test(text))
    .map(
      ({ text }) => `${text} would hold only the last of several keys: use exec: with {name} or {id} in it`,
    );
}

function single(record: RotationRecord | undefined): Result {
  if (!record) return { kind: 'nothing' };
  return {
    kind: 'one',
    record,
    columns,
    table: async (_, terminal) =>
      (await import('../../output/views/rotated.ts')).rotatedView(record, terminal),
    ...(record.pending && { exit: 'unfinished' as const }),
  };
}

/** The exit code is known once every record has been printed. */
function several(context: Context, batch: RotationBatch, concurrency: number | undefined): Result {
  return {
    kind: 'rows',
    rows: batch.run(concurrency),
    columns,
    table: async (records: readonly RotationRecord[], terminal) => {
      const { rotatedLines } = await import('../../output/views/rotated.ts');
      const lines = rotatedLines(records, terminal);
      if (!context.io.stdout.isTTY) return lines;
      const { summaryText } = await import('../../output/views/rotation-events.ts');
      const summary = context.globals.quiet ? '' : `${summaryText(records, batch.notStarted)}\n`;
      return lines === '' || summary === '' ? `${lines}${summary}` : `${lines}\n${summary}`;
    },
    exit: () => batch.exit,
  };
}
