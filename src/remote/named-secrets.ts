import type { Secret } from '../base/secret.ts';
import type { Inputs } from './fill-template.ts';

/** The values of `{secret.NAME}`. Each secret is asked for once, even if a call is repeated. */
export class NamedSecrets {
  readonly #askSecret: (name: string) => Promise<Secret>;
  readonly #sent: Set<Secret>;
  readonly #byName = new Map<string, Promise<Secret>>();
  /** All that were asked for. */
  readonly asked = new Set<Secret>();

  /** `sent` gets every secret that is asked for. */
  constructor(askSecret: (name: string) => Promise<Secret>, sent: Set<Secret>) {
    this.#askSecret = askSecret;
    this.#sent = sent;
  }

  /** Asks one after the other: each may be a prompt. */
  async of(names: readonly string[]): Promise<Inputs> {
    const values: Record<string, Secret> = {};
    for (const name of names) values[`secret.${name}`] = await this.#ask(name);
    return values;
  }

  async #ask(name: string): Promise<Secret> {
    const pending = this.#byName.get(name) ?? this.#askSecret(name);
    this.#byName.set(name, pending);
    const secret = await pending;
    this.asked.add(secret);
    this.#sent.add(secret);
    return secret;
  }
}
