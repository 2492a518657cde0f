import { shown } from '../base/sanitise.ts';
import { maskSecrets } from '../base/secret.ts';
import type { Io } from '../platform/io.ts';
import { harmlessLines } from './ci-log.ts';

/** Characters of one text that are printed: enough for any list that somebody reads. */
const longestText = 10_000;
const clearLine = '\r\x1b[2K';

/**
 * The one owner of stderr while a command runs: what is said beside the work, one question at a time, and a line that
 * says how far the work has come. Nothing that looks like a secret is repeated, and nothing makes the work fail: stderr
 * may be closed.
 */
export class Reporter {
  readonly #io: Io;
  #held: string[] | undefined;
  /** Questions that were asked, each after the one before it. */
  #questions: Promise<unknown> = Promise.resolve();
  /** What is said while a question stands on the screen. */
  #meanwhile: string[] | undefined;
  #status = '';
  readonly #said = new Set<string>();

  /** `holds`: stderr is to have one JSON document if the command fails, so that what else there is to say waits. */
  constructor(io: Io, holds: boolean) {
    this.#io = io;
    this.#held = holds ? [] : undefined;
  }

  /** One line. */
  async write(text: string): Promise<void> {
    const line = harmlessLines(shown(maskSecrets(text.slice(0, 2 * longestText)), longestText), this.#io.env);
    if (this.#meanwhile) this.#meanwhile.push(line);
    else await this.#writeLines(`${line}\n`);
  }

  async defer(text: string, { once = false } = {}): Promise<void> {
    if (once && this.#said.has(text)) return;
    if (once) this.#said.add(text);
    if (this.#held) this.#held.push(text);
    else await this.write(text);
  }

  /** Says what was held: the command has succeeded, or is about to talk with a person. */
  async flush(): Promise<void> {
    const texts = this.#held ?? [];
    this.#held = undefined;
    for (const text of texts) await this.write(text);
  }

  /** Asks when all questions before this one are answered; until then nothing else is drawn. */
  async ask<T>(question: () => Promise<T>): Promise<T> {
    const before = this.#questions;
    const answer = before.then(() => this.#alone(question));
    this.#questions = answer.catch(() => {});
    return answer;
  }

  /** The line that stands below everything that is said; empty: none. */
  async setStatus(text: string): Promise<void> {
    const hadOne = this.#status !== '';
    this.#status = text;
    if (!this.#meanwhile && (hadOne || text !== '')) await this.#print(`${clearLine}${text}`);
  }

  async #alone<T>(question: () => Promise<T>): Promise<T> {
    await this.flush();
    if (this.#status !== '') await this.#print(clearLine);
    this.#meanwhile = [];
    try {
      return await question();
    } finally {
      const lines = this.#meanwhile;
      this.#meanwhile = undefined;
      await this.#writeLines(lines.map((line) => `${line}\n`).join(''));
    }
  }

  async #writeLines(lines: string): Promise<void> {
    await this.#print(this.#status === '' ? lines : `${clearLine}${lines}${this.#status}`);
  }

  async #print(text: string): Promise<void> {
    if (text !== '') await this.#io.stderr.write(text).catch(() => {});
  }
}
