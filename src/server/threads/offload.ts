import type { AuthorityService } from '../../authority/service.ts';
import type { Caller } from '../../authority/sessions.ts';
import type { Store } from '../../authority/store/store.ts';
import type { LostUse } from '../../authority/use.ts';
import { KeysError } from '../../base/errors.ts';
import type { ThreadProgram } from '../../platform/child-entry.ts';
import type { Json } from '../long-json.ts';
import { inParts } from '../long-json.ts';
import type { QuestionInput, QuestionName } from '../questions/questions.ts';
import { answerTo } from '../questions/questions.ts';
import type { RecordUses } from '../request-batcher.ts';
import type { Rejection } from './protocol.ts';
import { Thread } from './thread.ts';

/** What takes longer than a decision on a key, and must not delay one. */
export interface Offload {
  recordUses: RecordUses;
  /** Removes expired log rows, at most `maxRows`. Resolves with how many it removed. Rejects if the database is busy. */
  prune(maxRows: number): Promise<number>;
  /** The answer to a question of a session. Rejects with `KeysError`. */
  ask<Name extends QuestionName>(caller: Caller, name: Name, input: QuestionInput<Name>): Promise<Json>;
  /** Ends the threads once they have done what they were asked. */
  end(): Promise<void>;
}

/** Everything on this thread: for tests, and where the database is elsewhere. */
export function withoutThreads(authority: AuthorityService): Offload {
  return {
    recordUses: async (uses) => authority.gate.record(uses),
    prune: async (maxRows) => authority.gate.prune(maxRows),
    ask: async (caller, name, input) => inParts(await answerTo(authority, caller, name, input)),
    end: async () => {},
  };
}

/**
 * One thread writes uses and prunes the log, another one answers questions, which may take seconds. Both run `program`. If
 * the first one fails for a reason that is not the database's, uses are written on this thread.
 */
export function onThreads(
  program: ThreadProgram,
  authority: AuthorityService,
  { settings, leaveMerging }: NonNullable<Store['file']>,
  now: () => Date,
  onBug: (error: unknown) => void,
): Offload {
  const { organisation } = authority;
  const writer = new Thread(program, { ...settings, organisation });
  const reader = new Thread(program, { ...settings, organisation, isBackground: true });
  leaveMerging();
  const time = () => now().getTime();
  return {
    async recordUses(uses) {
      try {
        const rejections = (await writer.call({ kind: 'record', uses, now: time() })) as Rejection[];
        return rejections.flatMap((rejection) => lossOf(uses, rejection));
      } catch (error) {
        if (error instanceof KeysError) throw error;
        onBug(error);
        return authority.gate.record(uses);
      }
    },
    async prune(maxRows) {
      return (await writer.call({ kind: 'prune', maxRows, now: time() })) as number;
    },
    async ask(caller, name, input) {
      const request = { kind: 'ask', name, caller, input, now: time() } as const;
      return (await reader.call(request)) as Json;
    },
    async end() {
      await Promise.all([writer.end(), reader.end()]);
    },
  };
}

function lossOf(uses: Parameters<RecordUses>[0], { index, message }: Rejection): LostUse[] {
  const use = uses[index];
  return use ? [{ use, reason: new Error(message) }] : [];
}
