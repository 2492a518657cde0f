import { isStop, KeysError, usageError } from '../../base/errors.ts';
import type { OpenOperation } from './open-operation.ts';
import type { Outcome } from './outcome.ts';
import { describe } from './outcome.ts';
import { recoverOperation } from './recover-operation.ts';
import type { RecoveryChoice, RecoveryServices } from './recovery.ts';

export interface RecoveryRequest {
  /** The id of an operation, or its first characters. */
  reference: string | undefined;
  /** Every operation, one after the other. */
  all: boolean;
  choice: RecoveryChoice;
  /** A prompt can be answered. */
  mayAsk: boolean;
}

export interface Recovered {
  outcomes: readonly Outcome[];
  /** How many operations were chosen; an operation whose secret was printed has no outcome. */
  chosen: number;
}

/** Recovers the chosen operations in turn. An interruption leaves the rest open; what was done is reported. */
export async function recoverOperations(
  services: RecoveryServices,
  open: readonly OpenOperation[],
  { reference, all, choice, mayAsk }: RecoveryRequest,
): Promise<Recovered> {
  const chosenOperations = await choose(services, open, { reference, all, choice, mayAsk });
  const mode = { isOne: chosenOperations.length === 1 && !all, rotates: false, mayAsk };
  const outcomes: Outcome[] = [];
  let isStopped = false;
  for (const operation of chosenOperations) {
    const work = isStopped
      ? Promise.resolve(untouched(operation))
      : recoverOperation(services, operation, choice, mode);
    const outcome = await work.catch((error: unknown) => {
      if (!isStop(error) || outcomes.length === 0) throw error;
      isStopped = true;
      return untouched(operation);
    });
    if (!outcome) continue;
    outcomes.push(outcome);
    if (outcome.outcome === 'open') await services.tell({ type: 'still-open', outcome });
  }
  return { outcomes, chosen: chosenOperations.length };
}

function untouched(operation: OpenOperation): Outcome {
  return { ...describe(operation), outcome: 'open', reason: 'not started: the command was interrupted' };
}

/** Throws `KeysError`: 3 if no operation has that id, 2 if the choice is about one and there are several. */
async function choose(
  services: RecoveryServices,
  open: readonly OpenOperation[],
  { reference, all, choice, mayAsk }: RecoveryRequest,
): Promise<readonly OpenOperation[]> {
  if (reference !== undefined) return [named(open, reference)];
  if (all || open.length < 2) return open;
  if (choice.keep || choice.keyId !== undefined || choice.to.length > 0 || choice.secretOnly) {
    throw usageError(
      `${open.length} operations are unfinished: name one`,
      ...open.map(({ header: { id } }) => `keys recover ${id}`),
    );
  }
  if (!mayAsk) return open;
  return services.prompts.chooseOperations(open);
}

function named(open: readonly OpenOperation[], reference: string): OpenOperation {
  const [match, ...others] = open.filter(
    ({ header: { id } }) => id === reference || (reference.length >= 4 && id.startsWith(reference)),
  );
  if (match && others.length === 0) return match;
  throw new KeysError({
    code: 'no_such_operation',
    message: `no unfinished operation has the id '${reference}'; it may be finished`,
    hints: ['keys recover --list'],
  });
}
