import { KeysError } from '../../base/errors.ts';
import type { Secret } from '../../base/secret.ts';
import type { Key } from '../../keys/key.ts';
import { headOf } from '../../keys/match.ts';
import type { KeyBackend } from '../../keys/ports.ts';
import type { Format } from '../../leaks/sought-formats.ts';
import { isFormat } from '../../leaks/sought-formats.ts';
import type { Context } from '../context.ts';
import { everyProfile, keysToCompare } from '../search.ts';

/** One of the accounts whose keys are compared with what is found. */
export interface Account {
  profile: string;
  context: Context;
  backend: KeyBackend;
  keys: readonly Key[];
}

/** The accounts of the current profile, or of all of them. Each is asked for its keys once; one that fails is a warning. */
export class Accounts {
  readonly #context: Context;
  readonly #everywhere: boolean;
  readonly #read = new Map<string, Account | undefined>();

  constructor(context: Context, everywhere: boolean) {
    this.#context = context;
    this.#everywhere = everywhere;
  }

  /** Those with keys that some values may belong to. */
  async *holding(values: readonly Secret[]): AsyncGenerator<Account> {
    for (const [profile, context] of await this.#places()) {
      const account = await this.#account(profile, context, values);
      if (account) yield account;
    }
  }

  /** What values of keys look like whose provider does not say: they begin as the API shows them, or have a known hash. */
  async formats(): Promise<Format[]> {
    const formats: Format[] = [];
    for (const [profile, context] of await this.#places()) {
      const provider = await this.#attempt(profile, async () => (await context.connection())?.provider);
      if (!provider || (provider.values ?? []).length > 0) continue;
      const { keys } = (await this.#account(profile, context, [])) ?? { keys: [] };
      formats.push(...keys.flatMap((key) => formatsOf(key, provider.id)));
    }
    return formats;
  }

  async #places(): Promise<(readonly [profile: string, context: Context])[]> {
    if (this.#everywhere) return everyProfile(this.#context);
    return [[(await this.#context.profile()).name, this.#context]];
  }

  async #account(profile: string, context: Context, values: readonly Secret[]): Promise<Account | undefined> {
    if (this.#read.has(profile)) return this.#read.get(profile);
    const read = await this.#attempt(profile, () => keysToCompare(context, values));
    const account = read && { profile, context, ...read };
    this.#read.set(profile, account);
    return account;
  }

  async #attempt<T>(profile: string, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof KeysError) || error.failure.exit === 'interrupted') throw error;
      await this.#context.warnOnce(
        `could not compare with the keys of the profile ${profile}, so a finding may be one of them: ${error.message}`,
      );
      return undefined;
    }
  }
}

const [maxRest, hashPattern] = [512, /^[0-9a-f]{64}$/];

function formatsOf(key: Key, provider: string): Format[] {
  const id = key.id.toLowerCase();
  if (hashPattern.test(id)) return [{ text: '', provider, hash: id }];
  const head = headOf(key);
  const texts = [
    ...(head === undefined ? [] : [`${head}{base64url:8-${maxRest}}`]),
    // `<access key id>:<secret>`, the format of PrivateMind.
    `${key.id}:{base64url:16-${maxRest}}`,
  ];
  return texts.filter(isFormat).map((text) => ({ text, provider }));
}
