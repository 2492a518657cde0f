import { KeysError } from '../base/errors.ts';
import type { HttpResponse } from '../http/response.ts';
import type { Operation } from '../providers/declaration/operation.ts';
import { namesIn } from '../providers/declaration/placeholder.ts';
import type { Step } from '../providers/declaration/step.ts';
import type { ApiOptions } from './api-options.ts';
import type { Inputs } from './fill-template.ts';
import { fillBody } from './fill-template.ts';
import type { Part } from './select.ts';
import { elements, part, required, select, text } from './select.ts';

/** What a step is carried out with. */
export interface StepContext {
  send(step: Step): Promise<HttpResponse>;
  /** What fills the templates of a step. */
  valuesFor(operation: Operation): Promise<Inputs>;
}

/** The values of `{option.NAME}` and of `{step.NAME}`. Each step is made once per process, when a call first needs it. */
export class StepValues {
  readonly #steps: readonly Step[];
  readonly #settings: Inputs;
  readonly #now: () => Date;
  readonly #context: StepContext;
  readonly #done = new Map<Step, Promise<Record<string, string>>>();

  constructor(
    { provider, options, now }: Pick<ApiOptions, 'provider' | 'options' | 'now'>,
    context: StepContext,
  ) {
    this.#steps = provider.before ?? [];
    this.#now = now;
    const settings = Object.entries(options).map(([name, value]) => [`option.${name}`, value]);
    this.#settings = Object.fromEntries(settings);
    this.#context = context;
  }

  /** All settings, and what steps take for an operation. Throws `KeysError` (7) if an answer does not have it. */
  async of(operation: Operation): Promise<Inputs> {
    if (this.#steps.length === 0) return this.#settings;
    const names = new Set(namesIn(operation).flatMap((input) => /^step\.(.+)$/.exec(input)?.[1] ?? []));
    const values: Record<string, unknown> = { ...this.#settings };
    for (const step of this.#steps) {
      if (Object.keys(step.take).some((name) => names.has(name)))
        Object.assign(values, await this.#valuesOf(step));
    }
    return values;
  }

  async #valuesOf(step: Step): Promise<Record<string, string>> {
    const pending = this.#done.get(step) ?? this.#take(step);
    this.#done.set(step, pending);
    try {
      return await pending;
    } catch (error) {
      this.#done.delete(step);
      throw error;
    }
  }

  async #take(step: Step): Promise<Record<string, string>> {
    const answer = part((await this.#context.send(step)).json());
    const source = step.items === undefined ? answer : await this.#itemOf(step, answer);
    const entries = Object.entries(step.take).map(([name, path]) => [
      `step.${name}`,
      text(required(source, path, `value of {step.${name}}`)),
    ]);
    return Object.fromEntries(entries);
  }

  async #itemOf({ get, items = '', where = {} }: Step, answer: Part): Promise<Part> {
    const { valuesFor } = this.#context;
    const filling = { now: this.#now(), steps: [], sendsFallbacks: true };
    const wanted = fillBody(where, await valuesFor({ query: where }), filling);
    const conditions = Object.entries(wanted ?? {}).map(([path, value]) => [path, String(value)] as const);
    const matches = elements(required(answer, items, 'list')).filter((item) =>
      conditions.every(([path, value]) => String(select(item, path)?.value) === value),
    );
    const [only, ...others] = matches;
    if (only && others.length === 0) return only;
    const expected = conditions.map(([path, value]) => ` with the ${path} ${value}`).join(' and');
    throw new KeysError({
      code: 'not_this_api',
      message: `GET ${get} lists ${matches.length} items${expected}; exactly one is needed`,
      hints: ['check the settings of the profile: keys status'],
    });
  }
}
