import { shown } from '../base/sanitise.ts';
import { maskSecrets } from '../base/secret.ts';
import type { Io } from '../platform/io.ts';
import { harmlessLines } from './ci-log.ts';
import { fitLine } from './fit-line.ts';

const maxTextLength = 10_000;
const clearLine = '\r\x1b[2K';

/**
 * The only writer to stderr while a command runs: messages, one prompt at a time, and a progress line. Anything that looks
 * like a secret is masked. A closed stderr never makes a command fail.
 */
export class Reporter {
  readonly #io: Io;
  #deferred: string[] | undefined;
  /** Prompts run one after the other: this is the last one. */
  #lastPrompt: Promise<unknown> = Promise.resolve();
  /** Messages written while a prompt is on the screen. */
  #duringPrompt: string[] | undefined;
  #status = '';
  /** What is being waited for; a progress line takes its place. */
  #wait = '';
  readonly #written = new Set<string>();

  /** With `defers`, messages wait for success: if the command fails, stderr holds a single JSON document. */
  constructor(io: Io, defers: boolean) {
    this.#io = io;
    this.#deferred = defers ? [] : undefined;
  }

  /** One message. */
  async write(text: string): Promise<void> {
    const line = await this.#setLine(shown(maskSecrets(text.slice(0, 2 * maxTextLength)), maxTextLength));
    if (this.#duringPrompt) this.#duringPrompt.push(line);
    else await this.#writeLines(`${line}\n`);
  }

  /** The lines of a view, which has set and coloured them, and escaped what comes from outside. Not for JSON errors: it does not wait. */
  async show(view: string): Promise<void> {
    await this.#writeLines(harmlessLines(maskSecrets(view), this.#io.env));
  }

  async defer(text: string, { once = false } = {}): Promise<void> {
    if (once && this.#written.has(text)) return;
    if (once) this.#written.add(text);
    if (this.#deferred) this.#deferred.push(text);
    else await this.write(text);
  }

  /** Writes the deferred messages: the command has succeeded, or is about to prompt. */
  async flush(): Promise<void> {
    const texts = this.#deferred ?? [];
    this.#deferred = undefined;
    for (const text of texts) await this.write(text);
  }

  /** Prompts once all earlier prompts are answered. Messages wait until this one is answered, too. */
  async ask<T>(question: () => Promise<T>): Promise<T> {
    const before = this.#lastPrompt;
    const answer = before.then(() => this.#alone(question));
    this.#lastPrompt = answer.catch(() => {});
    return answer;
  }

  /** The progress line below all messages; empty text removes it. */
  async setStatus(text: string): Promise<void> {
    const line = this.#line;
    this.#status = this.#fit(text);
    await this.#redraw(line);
  }

  /** What is being waited for, in the place of the progress line while there is none; empty text removes it. */
  async setWait(text: string): Promise<void> {
    const line = this.#line;
    this.#wait = this.#fit(text);
    if (this.#status === '') await this.#redraw(line);
  }

  get #line(): string {
    return this.#status || this.#wait;
  }

  async #redraw(before: string): Promise<void> {
    if (!this.#duringPrompt && (before !== '' || this.#line !== ''))
      await this.#print(`${clearLine}${this.#line}`);
  }

  /** A line that wraps could not be drawn again in its place. */
  #fit(text: string): string {
    const { columns } = this.#io.stderr;
    return text === '' || !columns ? text : fitLine(shown(text, maxTextLength), columns);
  }

  async #alone<T>(question: () => Promise<T>): Promise<T> {
    await this.flush();
    if (this.#line !== '') await this.#print(clearLine);
    this.#duringPrompt = [];
    try {
      return await question();
    } finally {
      const lines = this.#duringPrompt;
      this.#duringPrompt = undefined;
      await this.#writeLines(lines.map((line) => `${line}\n`).join(''));
    }
  }

  /** On a terminal, broken between words at its width. */
  async #setLine(text: string): Promise<string> {
    const { env, stderr } = this.#io;
    const line = stderr.isTTY ? await (await import('./wrap-message.ts')).wrapMessage(text, stderr) : text;
    return harmlessLines(line, env);
  }

  async #writeLines(lines: string): Promise<void> {
    await this.#print(this.#line === '' ? lines : `${clearLine}${lines}${this.#line}`);
  }

  async #print(text: string): Promise<void> {
    if (text !== '') await this.#io.stderr.write(text).catch(() => {});
  }
}
