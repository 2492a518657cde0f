import type { Context } from '../../app/context.ts';
import { removeTokenLeftovers } from '../../app/sink-context.ts';
import { isStop, KeysError, usageError } from '../../base/errors.ts';
import type { Input } from '../../cli/define.ts';
import { defineCommand, toggle, value } from '../../cli/define.ts';
import { readText } from '../../cli/read.ts';
import type { OpenOperation } from '../../keys/operations/open-operation.ts';
import { recoverOne } from '../../keys/operations/recover-one.ts';
import { describe, listing, report } from '../../keys/operations/report.ts';
import type { Outcome } from '../../output/views/operations.ts';
import { destinationFlags } from '../flags/destination-flags.ts';

const fields = [
  ...['operation', 'outcome', 'kind', 'name', 'id', 'at', 'profile', 'provider', 'sinks', 'escrow'],
  ...['delivered', 'candidates', 'reason', 'secret'],
];

export const recoverFlags = {
  list: toggle('--list', 'show what is unfinished, and do nothing about it'),
  all: toggle('--all', 'every unfinished operation, one after the other'),
  ...destinationFlags,
  revoke: toggle('--revoke', 'revoke the key, also where its secret could be delivered'),
  keep: toggle('--keep', 'end the operation and leave the key as it is: somebody has its secret'),
  key: value('--key <id>', 'which of several keys this operation made', readText),
};

export const recover = defineCommand({
  operands: '[operation]',
  summary:
    'finish what was interrupted: deliver the secret that waits, or revoke the key whose secret is lost',
  description: [
    'Secrets in escrow are delivered to where they were meant to go; --to names another place. A place that holds the new',
    'value counts as served. A key whose secret is lost is revoked: on a terminal you are asked, elsewhere it needs --yes.',
    'A key whose secret some place may have is kept until you say --keep or --revoke, and one of several that a lost reply',
    'may have made until --key says which it is. Running it again is safe, and so is running it twice at once. Exit 0 when',
    'nothing is left open, else 5.',
  ].join('\n'),
  examples: [
    'keys recover',
    'keys recover --all --yes',
    'keys recover 7kq2m9xa --to env:.env#API_KEY',
    'keys recover 7kq2m9xa --revoke --yes',
  ],
  flags: recoverFlags,
  fields,
  problems({ list, all, operands, revoke, keep, key, to, secretOnly }) {
    const named = operands.length > 0;
    const single = {
      '--keep': keep,
      '--key': key !== undefined,
      '--to': to.length > 0,
      '--secret-only': secretOnly,
    };
    return [
      ...(all && named ? ['--all and the name of an operation contradict each other'] : []),
      ...(list && (all || named || revoke || keep) ? ['--list does nothing else'] : []),
      ...(revoke && keep ? ['--revoke and --keep contradict each other'] : []),
      ...Object.entries(single).flatMap(([flag, given]) =>
        given && all ? [`${flag} is about one operation: name it, and leave out --all`] : [],
      ),
    ];
  },
  async run(context, input) {
    const { openOperations, warningOf } = await import('../../app/open-journal.ts');
    const unreadable: KeysError[] = [];
    const open = await openOperations(context, async (error) => void unreadable.push(error));
    const [wanted] = input.operands;
    const named = unreadable.find(({ failure }) => failure.operation === wanted);
    if (named) throw named;
    for (const error of unreadable) await warningOf(context)(error);
    const exit = unreadable.length > 0 ? ('unfinished' as const) : undefined;
    if (input.list) return { ...listing(open), exit: exit ?? 'done' };
    await removeTokenLeftovers(context);
    const chosen = await choose(context, open, input);
    const isOne = chosen.length === 1 && !input.all;
    const manner = { isOne, rotates: false, mayAsk: context.interactive && !context.globals.yes };
    const outcomes: Outcome[] = [];
    let isStopped = false;
    for (const operation of chosen) {
      const outcome = await (isStopped
        ? untouched(operation)
        : recoverOne(context, operation, input, manner)
      ).catch((error: unknown) => {
        if (!isStop(error) || outcomes.length === 0) throw error;
        // What was done is told; the rest stays open.
        isStopped = true;
        return untouched(operation);
      });
      if (!outcome) continue;
      outcomes.push(outcome);
      if (outcome.outcome === 'open' && outcome.reason !== undefined && !context.isHumanOutput) {
        await context.warn(`${outcome.operation} is unfinished: ${outcome.reason}`);
      }
    }
    // For people the view says so.
    if (chosen.length === 0 && !context.isHumanOutput)
      await context.note(exit ? 'nothing else is unfinished' : 'nothing is unfinished');
    if (chosen.length > 0 && outcomes.length === 0) return { kind: 'nothing', ...(exit && { exit }) };
    return { ...report(outcomes, isOne && input.operands.length > 0), ...(exit && { exit }) };
  },
});

async function untouched(operation: OpenOperation): Promise<Outcome> {
  return { ...describe(operation), outcome: 'open', reason: 'not begun: the command was ended before' };
}

export type RecoverInput = Input<typeof recoverFlags>;

/** The operations to go on with. Throws `KeysError` (3) for one that is not there. */
async function choose(
  context: Context,
  open: readonly OpenOperation[],
  { operands: [wanted], all, ...single }: RecoverInput,
): Promise<readonly OpenOperation[]> {
  if (wanted !== undefined) {
    const found = open.filter(
      ({ header: { id } }) => id === wanted || (wanted.length >= 4 && id.startsWith(wanted)),
    );
    if (found.length === 1) return found;
    throw new KeysError({
      code: 'no_such_operation',
      message: `no unfinished operation has the id '${wanted}'; it may have been finished`,
      hints: ['keys recover --list'],
    });
  }
  if (all || open.length < 2) return open;
  if (single.keep || single.key !== undefined || single.to.length > 0 || single.secretOnly) {
    throw usageError(
      `${open.length} operations are unfinished: name the one that is meant`,
      ...open.map(({ header: { id } }) => `keys recover ${id}`),
    );
  }
  if (!context.interactive || context.globals.yes) return open;
  const choice = await context.choose(`${open.length} operations are unfinished. Which one?`, [
    ...open.map(({ header: { id, plan, at, setting } }) => ({
      value: id,
      name: `${id}  ${plan.kind} ${plan.name}  ${setting.profile}  ${at.slice(0, 16)}Z`,
    })),
    { value: '', name: 'all of them, one after the other' },
  ]);
  return choice === '' ? open : open.filter(({ header: { id } }) => id === choice);
}
