import { KeysError, shellWord } from '../errors.ts';
import type { HttpResponse } from '../http/client.ts';
import type { Key } from '../lifecycle/key.ts';
import type {
  Capabilities,
  KeyBackend,
  KeyChanges,
  KeySpec,
  LogEntry,
  LogQuery,
  Made,
  Renewal,
  UsageQuery,
  UsageRow,
  Verdict,
} from '../lifecycle/ports.ts';
import type { Secret } from '../secret.ts';
import type { Api } from './api.ts';
import { capabilitiesOf } from './capabilities.ts';
import type { Asked } from './issue.ts';
import { readIssued } from './issue.ts';
import { listKeys } from './key-list.ts';
import { OddKeys } from './odd-keys.ts';
import type { Issuing, Operation, Provider, Verification } from './provider.ts';
import { readKey } from './read-key.ts';
import { isVoid } from './refusal.ts';
import { countedUsage, readLogs, readUsage } from './remote-use.ts';
import type { Part } from './select.ts';
import { part, required, select, wrongShape } from './select.ts';
import type { Inputs } from './template.ts';
import { readVerdict } from './verdict.ts';

/** The keys of an account behind an API, as its declaration describes them. */
export class RemoteBackend implements KeyBackend {
  readonly capabilities: Capabilities;
  readonly permissions: readonly string[] | undefined;
  readonly rotate?: (old: Key, renewal: Renewal) => Promise<Made>;
  readonly identify?: (credential: Secret) => Promise<string | undefined>;
  readonly #provider: Provider;
  readonly #api: Api;
  readonly #now: () => Date;
  readonly #odd: OddKeys;

  constructor(provider: Provider, api: Api, now: () => Date, warn = async (_: string) => {}) {
    this.capabilities = capabilitiesOf(provider);
    this.permissions = provider.permissions;
    this.#provider = provider;
    this.#api = api;
    this.#now = now;
    this.#odd = new OddKeys(warn);
    const { rotate } = provider;
    const { verify } = provider;
    if (verify?.id !== undefined) this.identify = (credential) => this.#identify(verify, credential);
    if (rotate) this.rotate = (old, renewal) => this.#rotate(rotate, old, renewal);
  }

  get callLimit(): number {
    return this.#api.callLimit;
  }

  clockAhead(): number | undefined {
    return this.#api.clockAhead;
  }

  async list(): Promise<Key[]> {
    const { list } = this.#provider;
    if (list.single) return this.#single();
    return listKeys(this.#api, this.#provider, this.#now(), this.#odd);
  }

  async get(id: string): Promise<Key | undefined> {
    const { show } = this.#provider;
    if (!show) return (await this.list()).find((key) => key.id === id);
    const response = await this.#api.send(show, { id });
    if (response.status === 404 || isVoid(response)) return undefined;
    return this.#key(required(part(response.json()), show.key ?? '', 'key'));
  }

  async create(spec: KeySpec): Promise<Made> {
    const { create } = this.#provider;
    const { kept = {}, ...asked } = spec;
    const carried = Object.entries(kept).map(([name, value]) => [`kept.${name}`, value]);
    const response = await this.#api.send(create, { ...said(asked), ...Object.fromEntries(carried) });
    return readIssued(response, this.#asked(create, spec.name));
  }

  async #rotate(rotate: Issuing, { id, name }: Key, { graceSeconds, expiresAt }: Renewal): Promise<Made> {
    const response = await this.#api.send(rotate, {
      id,
      grace: graceSeconds,
      ...(expiresAt && { expiresAt }),
    });
    if (response.status === 404) throw noSuchKey(id);
    return readIssued(response, this.#asked(rotate, name));
  }

  async update(id: string, { disabled, ...fields }: KeyChanges): Promise<Key> {
    const { update, enable, disable } = this.#provider;
    const toggle = disabled ? disable : enable;
    if (disabled !== undefined && toggle) await this.#change(toggle, { id });
    if (update && Object.keys(fields).length > 0) await this.#change(update, { id, ...fields });
    const key = await this.get(id);
    if (!key) throw noSuchKey(id);
    return key;
  }

  async revoke(id: string): Promise<boolean> {
    const { revoke } = this.#provider;
    let response: HttpResponse;
    try {
      response = await this.#api.send(revoke, { id });
    } catch (error) {
      // The reply is lost, or comes from a proxy that gave up waiting: only a look at the key tells.
      if (isUnclear(error) && (await this.#isGone(id))) return true;
      throw error;
    }
    if (response.status === 404) return false;
    if (!saysNo(response) && !(isVoid(response) && (await this.#isGone(id)) === false)) return true;
    throw new KeysError({
      exit: 'failed',
      code: 'not_revoked',
      message: `the API answered that it did not revoke the key ${id}`,
      hints: [`keys show ${shellWord(id)}`],
    });
  }

  /** Undefined where the API could not be asked. */
  async #isGone(id: string): Promise<boolean | undefined> {
    try {
      const key = await this.get(id);
      return !key || key.status === 'revoked';
    } catch {
      return undefined;
    }
  }

  logs(query: LogQuery): AsyncGenerator<LogEntry> {
    return readLogs(this.#api, this.#provider, query);
  }

  async usage(query: UsageQuery): Promise<UsageRow[]> {
    return this.#provider.usage
      ? readUsage(this.#api, this.#provider.usage, query)
      : countedUsage(this, query);
  }

  /** Asks the API about a key, by a harmless call that is made with the key itself. */
  async verify(secret: Secret): Promise<Verdict> {
    const { verify, auth } = this.#provider;
    if (!verify) throw new Error('verify is not among the capabilities');
    return readVerdict(verify, () => this.#api.sendAs(verify, verify.auth ?? auth, secret));
  }

  async #identify(verify: Verification, credential: Secret): Promise<string | undefined> {
    const response = await this.#api.sendAs(verify, verify.auth ?? this.#provider.auth, credential);
    if (response.status >= 300) return undefined;
    const id = select(part(response.json()), verify.id ?? '')?.value;
    return typeof id === 'string' || typeof id === 'number' ? String(id) : undefined;
  }

  #asked(operation: Issuing, name: string): Asked {
    const { key: fields } = this.#provider;
    return { operation, fields, name, now: this.#now() };
  }

  async #key(found: Part): Promise<Key> {
    const { key, odd } = readKey(found, this.#provider.key, this.#now());
    for (const one of odd) await this.#odd.tell(one, key.id);
    return key;
  }

  /** An API with one key: the key, or nothing. */
  async #single(): Promise<Key[]> {
    const { list } = this.#provider;
    const response = await this.#api.send(list, {});
    if (response.status === 404) return [];
    const answer = part(response.json());
    const found = select(answer, list.items);
    // Anything else than a key or a plain null is no word on whether there is one.
    if (!found) throw wrongShape(answer, `an answer with the key at ${[list.items].flat().join(' or ')}`);
    return found.value === null ? [] : [await this.#key(found)];
  }

  async #change(operation: Operation, inputs: Inputs): Promise<void> {
    const response = await this.#api.send(operation, inputs);
    if (response.status === 404 || isVoid(response)) throw noSuchKey(String(inputs.id));
  }
}

/** `{"deleted": false}`: a success by its status alone. */
function saysNo(response: HttpResponse): boolean {
  let answer: unknown;
  try {
    answer = response.json();
  } catch {
    // An empty body, or a word: the status says it all.
    return false;
  }
  return ['deleted', 'revoked'].some((field) => select(part(answer), field)?.value === false);
}

function isUnclear(error: unknown): boolean {
  return error instanceof KeysError && ['reply_lost', 'server_failed'].includes(error.failure.code);
}

/** Null, in what a new key is asked to be, is the API's own default: nothing need be said. */
function said(spec: Omit<KeySpec, 'kept'>): Inputs {
  const isSaid = (value: unknown) => {
    if (value === null) return false;
    if (value instanceof Date || typeof value !== 'object') return true;
    return Object.keys(value).length > 0;
  };
  return Object.fromEntries(Object.entries(spec).filter(([, value]) => isSaid(value)));
}

function noSuchKey(id: string): KeysError {
  return new KeysError({
    exit: 'notFound',
    code: 'no_such_key',
    message: `the API knows no key '${id}'`,
    hints: ['keys list --status all'],
  });
}
