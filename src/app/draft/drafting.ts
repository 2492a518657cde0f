import { timeStyles } from '../../providers/declaration/styles.ts';
import { isField, isPath } from './answer-checks.ts';
import type { Questions } from './questions.ts';
import { plain } from './questions.ts';

export type Draft = Record<string, unknown>;

/** What the questions after the first ones build on. */
export class Drafting {
  readonly questions: Questions;
  /** The settings that paths can use. */
  readonly options: readonly string[];
  #timeStyle: string | undefined;
  #isCamelCase = false;

  constructor(questions: Questions, options: readonly string[]) {
    this.questions = questions;
    this.options = options;
  }

  /** A field of a body or a response. `proposal` is in snake case, and proposed as this API spells its fields. */
  async field(question: string, proposal: string): Promise<string> {
    return this.#learned(await this.questions.ask(question, this.spelled(proposal), isField));
  }

  async optionalField(question: string, proposal?: string): Promise<string | undefined> {
    const spelled = proposal === undefined ? undefined : this.spelled(proposal);
    const field = await this.questions.optional(question, isField, spelled);
    return field === undefined ? undefined : this.#learned(field);
  }

  spelled(field: string): string {
    return this.#isCamelCase
      ? field.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
      : field;
  }

  #learned(field: string): string {
    this.#isCamelCase ||= /[a-z][A-Z]/.test(field);
    return field;
  }

  /** A field with a time. How times are written is asked once. */
  async time(at: string): Promise<unknown> {
    this.#timeStyle ??= await this.questions.choose(`How is ${at} written?`, [
      { value: 'rfc3339', name: 'RFC 3339, such as 2027-01-31T18:00:00Z' },
      ...Object.entries(timeStyles).map(([value, { meaning }]) => ({ value, name: plain(meaning) })),
    ]);
    return this.#timeStyle === 'rfc3339' ? at : { at, as: this.#timeStyle };
  }

  async optionalTime(question: string, proposal?: string): Promise<unknown> {
    const at = await this.optionalField(question, proposal);
    return at === undefined ? undefined : this.time(at);
  }

  /** The method and the path of a call. */
  async call(what: string, methods: readonly string[], path: string): Promise<Draft> {
    const { questions, options } = this;
    const method =
      methods.length === 1
        ? methods[0]
        : await questions.choose(
            `Method to ${what}`,
            methods.map((value) => ({ value, name: value.toUpperCase() })),
          );
    const about = path.includes('{id}') ? 'key' : 'keys';
    return { [String(method)]: await questions.ask(`Path to ${what}`, path, isPath(options, about)) };
  }
}

/** `{ 'data.name': 1 }` is the body `{ "data": { "name": 1 } }`. */
export function bodyOf(fields: Readonly<Record<string, unknown>>): Draft {
  const body: Draft = {};
  for (const [path, value] of Object.entries(fields)) {
    const names = path.split('.');
    const last = names.pop() ?? '';
    let place = body;
    for (const name of names) {
      const inner = place[name];
      const next: Draft = typeof inner === 'object' && inner !== null ? { ...inner } : {};
      place[name] = next;
      place = next;
    }
    place[last] = value;
  }
  return body;
}
