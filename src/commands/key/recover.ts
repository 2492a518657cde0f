import type { Context } from '../../app/context.ts';
import { removeTokenLeftovers } from '../../app/sink-context.ts';
import type { KeysError } from '../../base/errors.ts';
import type { Input } from '../../cli/define.ts';
import { defineCommand, toggle, value } from '../../cli/define.ts';
import { readText } from '../../cli/read.ts';
import type { OpenOperation } from '../../keys/operations/open-operation.ts';
import { isWaiting } from '../../keys/operations/operation.ts';
import type { Outcome } from '../../keys/operations/outcome.ts';
import { describe } from '../../keys/operations/outcome.ts';
import { recoverOperations } from '../../keys/operations/recover.ts';
import type { RecoveryChoice } from '../../keys/operations/recovery.ts';
import type { Result } from '../../output/present.ts';
import type { Terminal } from '../../output/style.ts';
import { destinationFlags } from '../flags/destination-flags.ts';

const fields = [
  'operation',
  'outcome',
  'kind',
  'name',
  'id',
  'at',
  'profile',
  'provider',
  'sinks',
  'escrow',
  'delivered',
  'candidates',
  'reason',
  'secret',
];
const columns = ['operation', 'outcome', 'kind', 'name', 'id', 'at', 'profile', 'sinks'];

const flags = {
  list: toggle('--list', 'show what is unfinished, and change nothing'),
  all: toggle('--all', 'recover every unfinished operation, one after the other'),
  ...destinationFlags,
  revoke: toggle('--revoke', 'revoke the key, even if its secret could be delivered'),
  keep: toggle('--keep', 'end the operation and leave the key as it is'),
  key: value('--key <id>', 'which of several keys this operation created', readText),
};

export const recover = defineCommand({
  operands: '[operation]',
  summary: 'finish what was interrupted: deliver a secret from escrow, or revoke a key whose secret is lost',
  description: [
    'A secret in escrow is delivered to the recorded sinks; --to names another one. A sink that already holds the secret',
    'is skipped. A key whose secret is lost is revoked: keys asks first on a terminal, elsewhere pass --yes. A key whose secret may',
    'have arrived is kept until you pass --keep or --revoke. If a reply was lost, --key names the key that was created.',
    'Running it again is safe, and so is running it twice at once. Exits with 0 if nothing is left open, otherwise with 5.',
  ].join('\n'),
  examples: [
    'keys recover',
    'keys recover --all --yes',
    'keys recover 7kq2m9xa --to env:.env#API_KEY',
    'keys recover 7kq2m9xa --revoke --yes',
  ],
  flags,
  fields,
  problems({ list, all, operands, revoke, keep, key, to, secretOnly }) {
    const hasReferences = operands.length > 0;
    const single = {
      '--keep': keep,
      '--key': key !== undefined,
      '--to': to.length > 0,
      '--secret-only': secretOnly,
    };
    return [
      ...(all && hasReferences ? ['--all cannot be combined with the id of an operation'] : []),
      ...(list && (all || hasReferences || revoke || keep)
        ? ['--list cannot be combined with an action']
        : []),
      ...(revoke && keep ? ['--revoke cannot be combined with --keep'] : []),
      ...Object.entries(single).flatMap(([flag, isSet]) =>
        isSet && all ? [`${flag} applies to one operation: name it, and leave out --all`] : [],
      ),
    ];
  },
  async run(context, input) {
    const [reference] = input.operands;
    const { open, isComplete } = await readOperations(context, reference);
    const exit = isComplete ? undefined : 'unfinished';
    if (input.list) return { ...listing(open), exit: exit ?? 'done' };
    await removeTokenLeftovers(context);
    const { recoveryServices } = await import('../../app/recovery-services.ts');
    const { outcomes, chosen: chosenCount } = await recoverOperations(
      recoveryServices(context, input.allowInGit),
      open,
      {
        reference,
        all: input.all,
        choice: choiceOf(input, context.globals.yes),
        mayAsk: context.interactive && !context.globals.yes,
      },
    );
    // A table says so itself.
    if (chosenCount === 0 && !context.isHumanOutput)
      await context.note(isComplete ? 'nothing is unfinished' : 'nothing else is unfinished');
    if (chosenCount > 0 && outcomes.length === 0) return { kind: 'nothing', ...(exit && { exit }) };
    return { ...report(outcomes, reference !== undefined && !input.all), ...(exit && { exit }) };
  },
});

function choiceOf(input: Input<typeof flags>, assumeYes: boolean): RecoveryChoice {
  const { to, secretOnly, revoke, keep, key: keyId } = input;
  return { to: to.map(({ text }) => text), secretOnly, revoke, keep, keyId, assumeYes };
}

/** Warns of each file that cannot be read as an operation. Throws `KeysError` if it is the one that was named. */
async function readOperations(
  context: Context,
  reference: string | undefined,
): Promise<{ open: readonly OpenOperation[]; isComplete: boolean }> {
  const { openOperations, warningOf } = await import('../../app/open-journal.ts');
  const unreadable: KeysError[] = [];
  const open = await openOperations(context, async (error) => void unreadable.push(error));
  const unreadableMatch = unreadable.find(({ failure }) => failure.operation === reference);
  if (unreadableMatch && reference !== undefined) throw unreadableMatch;
  for (const error of unreadable) await warningOf(context)(error);
  return { open, isComplete: unreadable.length === 0 };
}

function listing(open: readonly OpenOperation[]): Result {
  return view(
    open.map((operation) => ({
      ...describe(operation),
      outcome: isWaiting(operation) ? 'waiting' : 'open',
    })),
  );
}

function report(outcomes: readonly Outcome[], isNamed: boolean): Result {
  const exit = outcomes.some(({ outcome }) => outcome === 'open') ? 'unfinished' : 'done';
  const [only] = outcomes;
  if (isNamed && only) return { ...view(outcomes), kind: 'one', record: only, exit };
  return { ...view(outcomes), exit };
}

function view(rows: readonly Outcome[]) {
  return {
    kind: 'rows' as const,
    rows,
    columns,
    table: async (_: unknown, terminal: Terminal) =>
      (await import('../../output/views/operations.ts')).operationsView(rows, terminal),
  };
}
