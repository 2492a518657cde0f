import { pMapIterable, pMapSkip } from 'p-map';
import type { ErrorCode, ExitName } from '../../base/error-codes.ts';
import { isStop, KeysError } from '../../base/errors.ts';
import type { Interruption } from '../../platform/interruption.ts';
import { revokeAndConfirm } from '../rotation/retirement.ts';
import type { Action, NamePlan } from './action.ts';
import { actionsOf, isToDo } from './action.ts';
import { applyName } from './apply-name.ts';
import type { ApplyServices } from './apply-services.ts';
import type { ProfilePlan } from './survey.ts';

/** An action, and what became of it. */
export interface AppliedAction extends Action {
  /** It was carried out, or nothing was to be. */
  done: boolean;
  /** The key that was created. */
  newKeyId?: string;
  operation?: string;
  error?: { code: ErrorCode; message: string };
}

/** The plan of one profile, and what carries it out. */
export interface ProfileWork {
  services: ApplyServices;
  plan: ProfilePlan;
}

interface Job {
  name: string;
  planned: readonly Action[];
  work(): Promise<AppliedAction[]>;
}

interface ApplyPorts {
  readonly interruption: Pick<Interruption, 'asked' | 'hasBegun' | 'failure'>;
  /** A job has ended: for the progress line. */
  onStep(name: string): Promise<void>;
}

const notStarted = { code: 'interrupted', message: 'not started: the command was interrupted' } as const;

/**
 * Carries out a plan, several names at a time. A failure does not stop the others; an interruption lets those finish that
 * have begun, and begins no other.
 */
export class Apply {
  readonly #ports: ApplyPorts;
  readonly #jobs: readonly Job[];
  readonly #idle: readonly AppliedAction[];
  readonly #exits = new Set<ExitName>();
  readonly #results: AppliedAction[] = [];
  readonly #ended = new Set<Job>();
  #bug: unknown;

  constructor(ports: ApplyPorts, profiles: readonly ProfileWork[]) {
    this.#ports = ports;
    const names = profiles.flatMap(({ services, plan }) => plan.names.map((one) => ({ services, one })));
    const busy = names.filter(({ one }) => isBusy(one));
    this.#idle = [
      ...names.filter(({ one }) => !isBusy(one)).flatMap(({ one }) => actionsOf(one)),
      ...profiles.flatMap(({ plan }) => plan.leftOvers.filter(({ action }) => action === 'none')),
    ].map((action) => ({ ...action, done: !isToDo(action) }));
    this.#jobs = [
      ...busy.map(({ services, one }) => nameJob(services, one)),
      ...profiles.flatMap(({ services, plan }) =>
        plan.leftOvers
          .filter(({ action }) => action === 'revoke')
          .map((action) => revocationJob(services, action)),
      ),
    ];
  }

  /** What became of each action, in the order in which they end. */
  async *run(concurrency: number): AsyncGenerator<AppliedAction> {
    this.#results.push(...this.#idle);
    yield* this.#idle;
    const begun: Promise<unknown>[] = [];
    const begin = (job: Job) => {
      const work = this.#begin(job);
      begun.push(work);
      return work;
    };
    try {
      const results = pMapIterable(this.#jobs, begin, {
        concurrency,
        backpressure: Number.POSITIVE_INFINITY,
        preserveOrder: false,
      });
      for await (const actions of results) yield* actions;
    } finally {
      // Without a reader nothing else is begun; what has begun is finished.
      await Promise.all(begun);
    }
    if (this.#bug) throw this.#bug;
    if (this.notStarted > 0 && !this.#ports.interruption.hasBegun) throw this.#ports.interruption.failure();
    for (const { planned } of this.#jobs.filter((job) => !this.#ended.has(job)))
      yield* planned.map((action) => ({ ...action, done: false, error: notStarted }));
  }

  /**
   * 2 if the API can honour nothing of what is to be done; 5 if something is left that the same command, a flag or a
   * person can settle, or if a part of the file cannot be honoured.
   */
  get exit(): ExitName {
    const open = this.#results.filter(({ action, isPending }) => action === 'refused' || isPending);
    if (this.notStarted > 0 || this.#exits.has('unfinished')) return 'unfinished';
    const [only, ...others] = this.#exits;
    if (only) return others.length > 0 ? 'failed' : only;
    if (open.length === 0) return 'done';
    const isImpossible = this.#jobs.length === 0 && open.every(({ isPending }) => !isPending);
    return isImpossible ? 'usage' : 'unfinished';
  }

  /** How many names and left-over keys have not been begun. */
  get notStarted(): number {
    return this.#jobs.length - this.#ended.size;
  }

  get jobCount(): number {
    return this.#jobs.length;
  }

  /** Never rejects: a bug waits until what has begun is finished. */
  async #begin(job: Job): Promise<AppliedAction[] | typeof pMapSkip> {
    if (this.#ports.interruption.asked.aborted || this.#bug) return pMapSkip;
    try {
      const actions = await this.#resultsOf(job);
      this.#ended.add(job);
      this.#results.push(...actions);
      await this.#ports.onStep(job.name);
      return actions;
    } catch (error) {
      if (!isStop(error)) this.#bug ??= error;
      return pMapSkip;
    }
  }

  async #resultsOf({ planned, work }: Job): Promise<AppliedAction[]> {
    try {
      const actions = await work();
      if (actions.some(({ error }) => error)) this.#exits.add('unfinished');
      return actions;
    } catch (error) {
      if (!(error instanceof KeysError) || isStop(error)) throw error;
      const { exit, code, operation } = error.failure;
      this.#exits.add(exit);
      return planned.map((action) => ({
        ...action,
        done: false,
        error: { code, message: error.message },
        ...(operation && { operation }),
      }));
    }
  }
}

function isBusy({ main, orphan, retirements }: NamePlan): boolean {
  if (main.action === 'refused') return false;
  return (
    main.action !== 'none' || orphan !== undefined || retirements.some(({ action }) => action === 'revoke')
  );
}

function nameJob(services: ApplyServices, planned: NamePlan): Job {
  return {
    name: planned.desired.name,
    planned: actionsOf(planned),
    async work() {
      const { plan, pending, ...outcome } = await applyName(services, planned.desired);
      const orphan = plan.orphan ?? planned.orphan;
      const isRefused = plan.main.action === 'refused';
      const main = isRefused || planned.main.action === 'none' ? plan.main : planned.main;
      return [
        ...(orphan ? [{ ...orphan, done: true }] : []),
        {
          ...main,
          ...outcome,
          done: !isRefused && pending === undefined,
          ...(pending !== undefined && {
            error: { code: 'rotation_unfinished' as const, message: pending },
          }),
        },
        ...plan.retirements.map((action) => ({
          ...action,
          done: action.action === 'revoke' && pending === undefined && !isRefused,
        })),
      ];
    },
  };
}

function revocationJob({ rotation, backend }: ApplyServices, action: Action): Job {
  const { keyId = '', name } = action;
  return {
    name,
    planned: [action],
    async work() {
      rotation.startMutation();
      await revokeAndConfirm(backend, { id: keyId });
      return [{ ...action, done: true }];
    },
  };
}
