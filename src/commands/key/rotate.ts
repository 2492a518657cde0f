import type { Context } from '../../app/context.ts';
import { keysWith } from '../../app/lookup.ts';
import type { Credential } from '../../app/self-lockout.ts';
import { usageError } from '../../base/errors.ts';
import { visible } from '../../base/sanitise.ts';
import { shellWord } from '../../base/shell-word.ts';
import { parseDuration, parseExpiry, parsePositiveDuration } from '../../base/time.ts';
import type { Input } from '../../cli/define.ts';
import { defineCommand, toggle, value } from '../../cli/define.ts';
import { readCount } from '../../cli/read.ts';
import { findKeys } from '../../keys/find.ts';
import type { Key } from '../../keys/key.ts';
import { isActive } from '../../keys/key.ts';
import type { KeyBackend } from '../../keys/ports.ts';
import { rotateSeveral } from '../../keys/rotation/batch.ts';
import { rotationColumns } from '../../keys/rotation/record.ts';
import { rotateOne } from '../../keys/rotation/rotate-one.ts';
import { checkExpiry } from '../../keys/spec-check.ts';
import type { Result } from '../../output/present.ts';
import type { RotationRecord } from '../../output/views/rotated.ts';
import { destinationFlags } from '../flags/destination-flags.ts';

const fields = [
  ...['name', 'old', 'new', 'oldId', 'newId', 'oldRevoked', 'oldRevokeAt', 'oldWorks'],
  ...['verified', 'changed', 'delivered'],
  ...['operation', 'secret', 'retired', 'pending', 'expiresAtRequested', 'requested', 'error', 'dryRun'],
];

export const rotateFlags = {
  grace: value(
    '--grace <for>',
    'how long the old key goes on working; default 7d, 0: until the new one is delivered',
    parseDuration,
  ),
  ...destinationFlags,
  expires: value(
    '--expires <when>',
    'when the new key ends; default: the same span as the old',
    (text, { now }) => parseExpiry(text, now),
  ),
  due: value('--due <within>', 'only a key that expires within this time', parsePositiveDuration),
  olderThan: value(
    '--older-than <age>',
    'only a key that was made at least this long ago',
    parsePositiveDuration,
  ),
  all: toggle('--all', 'every key that works and has no newer one of its name'),
  finish: toggle('--finish', 'only retire the old keys whose time has come'),
  whenIdle: value(
    '--when-idle <for>',
    'retire an old key when it has not been used for this long, not by the clock',
    parsePositiveDuration,
  ),
  allowDowntime: toggle('--allow-downtime', 'go on where the old key is dead before the new one has arrived'),
  allowLoss: toggle('--allow-loss', 'go on where the new key cannot take over all that the old one has'),
  noVerify: toggle('--no-verify', 'deliver the new key without asking the API whether it works'),
  concurrency: value('--concurrency <n>', 'keys at a time, with several; default 4', readCount),
  dryRun: toggle('--dry-run', 'show what would be done'),
};

export type RotateInput = Input<typeof rotateFlags>;

export const rotate = defineCommand({
  operands: '[key...]',
  summary: 'put a new key in the place of an old one, which goes on working for a while',
  description: [
    'The new key has the name and everything else of the old one. It is shown to work, delivered and read back; only then',
    'the old one is retired: after --grace, or at once with --grace 0. Run the same command every day: with --older-than or',
    '--due it does nothing until a key is due, retires what is to be retired, and goes on with what was interrupted. An',
    'old key is retired only where something shows that the new one has arrived; otherwise exit 5, and what to do.',
  ].join('\n'),
  examples: [
    'keys rotate ci --to env:.env#API_KEY',
    'keys rotate ci --grace 0 --to github:acme/app#API_KEY',
    'keys rotate ci --older-than 60d --grace 7d --to github:acme/app#API_KEY',
    "keys rotate --all --older-than 60d --to 'exec:./deliver {name}'",
    'keys rotate --finish --when-idle 24h',
  ],
  flags: rotateFlags,
  fields,
  problems({ operands, all, finish, to, secretOnly, due, olderThan }) {
    const named = operands.length > 0;
    return [
      ...(named || all || finish ? [] : ['which key? Name it, or say --all']),
      ...(named && all ? ['--all and the name of a key contradict each other'] : []),
      ...(finish && (to.length > 0 || secretOnly || due || olderThan)
        ? ['--finish makes no new key: leave out --to, --secret-only, --due and --older-than']
        : []),
      ...(all || operands.length > 1 ? sharedPlaces(to) : []),
      ...((all || operands.length > 1) && secretOnly
        ? ['--secret-only prints one secret: name one key']
        : []),
    ];
  },
  async run(context, input) {
    const backend = await context.backend();
    const { provider } = await context.profile();
    const { capabilities } = backend;
    checkExpiry(provider, capabilities, input.expires, context.now);
    requireOverlap(provider, backend, input);
    const keys = await keysWith(context, input.operands);
    const targets = chooseTargets(keys, input);
    const { operands, all, finish } = input;
    if (operands.length === 1 && !all && !finish) {
      const [only] = targets;
      if (!only) throw new Error('findKeys gives back a key');
      const own = await withOwnLogin(context, { backend, keys, old: only, input });
      return single(await rotateOne(context, { backend, keys, old: only, input: own, isOne: true }));
    }
    const others = await withoutOwn(context, { backend, keys, targets, input });
    const work = (old: Key) => rotateOne(context, { backend, keys, old, input, isOne: false });
    return rotateSeveral(context, others, work, input.concurrency);
  },
});

/** Several keys with one place would be one key there. */
function sharedPlaces(to: RotateInput['to']): string[] {
  return to
    .filter(({ text }) => !/\{(?:name|id)\}/.test(text))
    .map(
      ({ text }) => `${text} would hold the last of several keys only: use exec: with {name} or {id} in it`,
    );
}

/** Refuses what cannot be done without a moment in which no key works (exit 2). */
function requireOverlap(
  provider: string,
  { capabilities: { overlap }, rotateInPlace: renews }: KeyBackend,
  { allowDowntime, finish, dryRun, grace }: RotateInput,
): void {
  if (overlap === 'none' && grace && (grace.months > 0 || grace.milliseconds > 0)) {
    throw usageError(
      `--grace: the provider ${provider} ends the old value at once; it has no grace to give`,
      'leave out --grace',
    );
  }
  if (overlap !== 'none' || allowDowntime || finish || dryRun) return;
  throw usageError(
    `the provider ${provider} has room for one key: the old one dies before the new one is delivered`,
    renews ? 'add --allow-downtime to rotate all the same' : `keys provider show ${provider}`,
  );
}

/** Throws `KeysError` (3) for a key that is not there; an old key of a name means the one that took its place. */
function chooseTargets(keys: readonly Key[], { operands, finish }: RotateInput): Key[] {
  if (operands.length > 0) return findKeys(keys, operands);
  const superseded = new Set(keys.filter((key) => key.superseded && isActive(key)).map(({ name }) => name));
  const newest = keys.filter((key) => isActive(key) && !key.superseded);
  return finish ? newest.filter(({ name }) => superseded.has(name)) : newest;
}

interface Account {
  backend: KeyBackend;
  keys: readonly Key[];
  input: RotateInput;
}

/** A key that is our own session token goes to where that is kept, too; where that is not ours to write, it is refused. */
async function withOwnLogin(
  context: Context,
  { backend, keys, old, input }: Account & { old: Key },
): Promise<RotateInput> {
  const own = await ownAmong(context, { backend, keys, input });
  if (own?.key.id !== old.id) return input;
  const { lockOut } = await import('../../app/self-lockout.ts');
  if (own.source !== 'keychain' && own.source !== 'file') throw lockOut(own);
  const { profile } = own;
  await context.note(
    `${visible(old.name)} is the session token of the profile ${profile}: the new one is stored there, too`,
  );
  return { ...input, to: [...input.to, { kind: 'login', text: `login:${profile}`, profile }] };
}

/** Of many keys, our own session token is left out: whoever wants a new one says so. */
async function withoutOwn(
  context: Context,
  { backend, keys, targets, input }: Account & { targets: readonly Key[] },
): Promise<Key[]> {
  const own = await ownAmong(context, { backend, keys, input });
  if (own && targets.some(({ id }) => id === own.key.id)) {
    await context.warn(
      `${visible(own.key.name)} is the session token that keys itself uses: keys rotate ${shellWord(own.key.id)}`,
    );
  }
  return targets.filter(({ id }) => id !== own?.key.id);
}

/** Only an API has session tokens that may be among its keys. */
async function ownAmong(
  context: Context,
  { backend, keys, input }: Account,
): Promise<Credential | undefined> {
  if (input.dryRun || input.finish || !(await context.connection())) return undefined;
  return (await import('../../app/self-lockout.ts')).ownCredential(context, backend, keys);
}

function single(record: RotationRecord | undefined): Result {
  if (!record) return { kind: 'nothing' };
  return {
    kind: 'one',
    record,
    columns: rotationColumns,
    table: async (_, terminal) =>
      (await import('../../output/views/rotated.ts')).rotatedView(record, terminal),
    ...(record.pending && { exit: 'unfinished' as const }),
  };
}
