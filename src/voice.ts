import type { Io } from './io.ts';
import { visibleLines } from './output/sanitise.ts';
import { maskSecrets } from './secret.ts';

/**
 * What is said on stderr beside the work. Nothing that looks like a secret is repeated, and nothing makes the work fail:
 * stderr may be closed.
 */
export class Voice {
  readonly #io: Io;
  #held: string[] | undefined;

  /** `holds`: stderr is to have one JSON document if the command fails, so that what else there is to say waits. */
  constructor(io: Io, holds: boolean) {
    this.#io = io;
    this.#held = holds ? [] : undefined;
  }

  async say(text: string): Promise<void> {
    await this.#io.stderr.write(`${visibleLines(maskSecrets(text))}\n`).catch(() => {});
  }

  async sayOrHold(text: string): Promise<void> {
    if (this.#held) this.#held.push(text);
    else await this.say(text);
  }

  /** Says what was held: the command has succeeded, or is about to talk with a person. */
  async release(): Promise<void> {
    const texts = this.#held ?? [];
    this.#held = undefined;
    for (const text of texts) await this.say(text);
  }
}
