import type { Secret } from '../base/secret.ts';
import type { PickList } from '../output/pick.ts';
import type { OutputSettings, Result } from '../output/present.ts';
import { present } from '../output/present.ts';
import type { Choice } from '../output/prompt.ts';
import { Reporter } from '../output/reporter.ts';
import { Waits } from '../output/waits.ts';
import { agentIn, ciIn, setting } from '../platform/env.ts';
import { Interruption } from '../platform/interruption.ts';
import type { Io } from '../platform/io.ts';
import { readAll } from '../platform/io.ts';
import { signalOf } from '../platform/stop-signal.ts';
import type { GlobalFlags } from './context.ts';
import { secretAt, secretOn } from './secret-input.ts';

const defaultTimeoutMs = 30_000;

/**
 * How a command talks with its caller: results on stdout, notes and prompts on stderr, input on stdin. The half of
 * `Context` that needs no profile.
 */
export class Dialogue {
  readonly io: Io;
  readonly globals: GlobalFlags;
  readonly output: OutputSettings;
  readonly interruption: Interruption;
  readonly words: readonly string[];
  protected readonly reporter: Reporter;
  readonly #waits: Waits;

  /** `parent` is the command that this one is a part of. */
  constructor(
    io: Io,
    globals: GlobalFlags,
    words: readonly string[] = [],
    parent?: { interruption: Interruption; reporter: Reporter },
  ) {
    this.io = io;
    this.words = words;
    this.interruption = parent?.interruption ?? new Interruption(io);
    this.globals = globals;
    const format = globals.format ?? (globals.json ? 'json' : undefined);
    const fields = globals.json && globals.json.length > 0 ? globals.json : globals.fields;
    this.output = { format, fields, noColor: globals.noColor, noPager: globals.noPager };
    this.reporter = parent?.reporter ?? new Reporter(io, format === 'json' || format === 'ndjson');
    this.#waits = new Waits(io.env, (line) => this.reporter.setWait(line));
  }

  get stop(): AbortSignal {
    return signalOf(this.interruption.stop);
  }

  get now(): Date {
    return this.io.now();
  }

  get timeout(): number {
    return this.globals.timeout ?? defaultTimeoutMs;
  }

  get isHumanOutput(): boolean {
    return (this.output.format ?? (this.io.stdout.isTTY ? 'table' : undefined)) === 'table';
  }

  get interactive(): boolean {
    return this.promptObstacle === undefined;
  }

  get promptObstacle(): string | undefined {
    const { env, stderr } = this.io;
    // stderr first: stdin takes 4 ms to open.
    if (!stderr.isTTY || !this.io.stdin.isTTY) return 'not a terminal';
    if (this.globals.noInput) return '--no-input is set';
    const variable = setting(env, 'KEYS_NO_INPUT') === undefined ? ciIn(env) : 'KEYS_NO_INPUT';
    return variable && `${variable} is set`;
  }

  get debugs(): boolean {
    return this.globals.debug || setting(this.io.env, 'KEYS_DEBUG') !== undefined;
  }

  async ask(question: string, proposal?: string): Promise<string> {
    const { askText } = await import('../output/prompt.ts');
    return this.reporter.ask(() => askText(this, question, proposal));
  }

  async choose<T extends string>(question: string, choices: readonly Choice<T>[]): Promise<T> {
    const { askChoice } = await import('../output/prompt.ts');
    return this.reporter.ask(() => askChoice(this, question, choices));
  }

  async pick<Row>(question: string, list: PickList<Row>): Promise<Row[]> {
    const { askPick } = await import('../output/pick.ts');
    return this.reporter.ask(() => askPick(this, question, list));
  }

  async confirm(question: string, [no, yes]: readonly [no: string, yes: string]): Promise<boolean> {
    const answer = await this.choose(question, [
      { value: 'no', name: no },
      { value: 'yes', name: yes },
    ]);
    return answer === 'yes';
  }

  async askSecret(question: string): Promise<Secret> {
    const { askSecret } = await import('../output/prompt.ts');
    return this.reporter.ask(() => askSecret(this, question));
  }

  readStdin(): Promise<string> {
    return readAll(this.io.stdin);
  }

  readSecret(): Promise<Secret> {
    return secretOn(this.io.stdin);
  }

  secretFrom(source: string): Promise<Secret> {
    const { env, cwd } = this.io;
    return secretAt(source, { env, cwd, interactive: this.interactive });
  }

  /** Ctrl-C cuts a list short; the result of a change is printed in full. */
  print(result: Result): Promise<void> {
    return present(this.#printingIo, this.output, result, this.interruption.dropped);
  }

  /** On a terminal, a spinner would be drawn into a line of the output that is not complete. */
  get #printingIo(): Io {
    const { stdout } = this.io;
    if (!this.#drawsStatus || !stdout.isTTY) return this.io;
    const write = async (text: string) => {
      await this.#waits.finish();
      await stdout.write(text);
    };
    return Object.create(this.io, { stdout: { value: Object.create(stdout, { write: { value: write } }) } });
  }

  flush(): Promise<void> {
    return this.reporter.flush();
  }

  async note(text: string): Promise<void> {
    if (!this.globals.quiet) await this.reporter.defer(text);
  }

  async show(view: string): Promise<void> {
    if (!this.globals.quiet) await this.reporter.show(view);
  }

  async warn(text: string): Promise<void> {
    await this.reporter.defer(`warning: ${text}`);
  }

  async warnOnce(text: string): Promise<void> {
    await this.reporter.defer(`warning: ${text}`, { once: true });
  }

  async setStatus(line: string): Promise<void> {
    if (this.#drawsStatus) await this.reporter.setStatus(line);
  }

  /** A trace says itself what is being waited for. */
  waitFor<T>(what: string, work: () => Promise<T>): Promise<T> {
    return this.#drawsStatus && !this.debugs ? this.#waits.during(what, work) : work();
  }

  /** Whether a person watches stderr, on a terminal that can draw a line again. */
  get #drawsStatus(): boolean {
    const { env, stderr } = this.io;
    if (this.globals.quiet || !stderr.isTTY) return false;
    return env.TERM !== 'dumb' && ciIn(env) === undefined && agentIn(env) === undefined;
  }

  async debug(text: string): Promise<void> {
    if (this.debugs) await this.reporter.write(`debug: ${text}`);
  }
}
