import { KeysError } from '../base/errors.ts';
import type { Secret } from '../base/secret.ts';
import type { Key } from '../keys/key.ts';
import { mayBeCut } from '../keys/key.ts';
import type {
  Capabilities,
  InPlaceRotation,
  KeyBackend,
  KeyChanges,
  KeySpec,
  LogEntry,
  LogQuery,
  Made,
  UsageQuery,
  UsageRow,
  Verdict,
} from '../keys/ports.ts';
import type { Issuing } from '../providers/declaration/operation.ts';
import type { Provider } from '../providers/declaration/provider.ts';
import type { Verification } from '../providers/declaration/verification.ts';
import type { Api } from './api.ts';
import { capabilitiesOf } from './capabilities.ts';
import { isEmptyBody } from './failure-body.ts';
import type { Inputs } from './fill-template.ts';
import { KeyWarnings } from './key-warnings.ts';
import { listKeys } from './list-keys.ts';
import { countedUsage, readLogs, readUsage } from './logs-and-usage.ts';
import type { IssueRequest } from './read-issued.ts';
import { readIssued } from './read-issued.ts';
import { readKey } from './read-key.ts';
import { readVerdict } from './read-verdict.ts';
import { revokeKey } from './revoke-key.ts';
import type { Part } from './select.ts';
import { part, required, select, wrongShape } from './select.ts';
import { TakenNames } from './taken-names.ts';
import { noSuchKey, updateKey } from './update-key.ts';

/** How many names are tried for one new key. */
const maxNameAttempts = 3;

/** The keys of an account behind an API, as its declaration describes them. */
export class RemoteBackend implements KeyBackend {
  readonly capabilities: Capabilities;
  readonly permissions: readonly string[] | undefined;
  readonly rotateInPlace?: (old: Key, renewal: InPlaceRotation) => Promise<Made>;
  readonly identify?: (credential: Secret) => Promise<string | undefined>;
  readonly #provider: Provider;
  readonly #api: Api;
  readonly #now: () => Date;
  readonly #odd: KeyWarnings;
  readonly #names = new TakenNames();

  constructor(provider: Provider, api: Api, now: () => Date, warn = async (_: string) => {}) {
    this.capabilities = capabilitiesOf(provider);
    this.permissions = provider.permissions;
    this.#provider = provider;
    this.#api = api;
    this.#now = now;
    this.#odd = new KeyWarnings(warn);
    const { rotate } = provider;
    const { verify } = provider;
    if (verify?.id !== undefined) this.identify = (credential) => this.#identify(verify, credential);
    if (rotate) this.rotateInPlace = (old, renewal) => this.#rotate(rotate, old, renewal);
  }

  get callLimit(): number {
    return this.#api.callLimitMs;
  }

  clockAhead(): number | undefined {
    return this.#api.clockAhead;
  }

  async list(): Promise<Key[]> {
    const { list } = this.#provider;
    if (list.single) return this.#single();
    const keys = await listKeys(this.#api, this.#provider, this.#now(), this.#odd);
    if (mayBeCut(keys, this)) await this.#odd.warnOfShortList(keys.length);
    this.#names.isKnown = true;
    return keys.map((key) => this.#shown(this.#named(key)));
  }

  async get(id: string): Promise<Key | undefined> {
    const { show } = this.#provider;
    if (!show) return (await this.list()).find((key) => key.id === id);
    const response = await this.#api.send(show, { id });
    if (response.status === 404 || isEmptyBody(response)) return undefined;
    return this.#key(required(part(response.json()), show.key ?? '', 'key'));
  }

  async create(spec: KeySpec): Promise<Made> {
    const { create } = this.#provider;
    const { kept = {}, ...asked } = spec;
    const carried = Object.fromEntries(
      Object.entries(kept).map(([name, value]) => [`kept.${name}`, value] as const),
    );
    for (let attempt = 1; ; attempt += 1) {
      const name = await this.#nameFor(spec.name);
      try {
        const response = await this.#api.send(create, { ...said(asked), name, ...carried });
        return this.#made(readIssued(response, this.#asked(create, spec.name)));
      } catch (error) {
        // A key that no list shows may have the name. A conflict has made nothing.
        if (!isConflict(error) || !this.capabilities.uniqueNames || attempt === maxNameAttempts) throw error;
        this.#names.refuse(name);
      }
    }
  }

  /** Where names are unique, one that is free; else the name itself. */
  async #nameFor(name: string, id?: string): Promise<string> {
    if (!this.capabilities.uniqueNames) return name;
    if (!this.#names.isKnown) await this.list();
    return this.#names.free(name, this.#now(), id);
  }

  /** A key without a name, where there may be several, is named by its id: one name for all would make them one. */
  #named(key: Key): Key {
    const { key: fields, list } = this.#provider;
    const isNameless = key.name === '' || (typeof fields.name === 'object' && 'always' in fields.name);
    return isNameless && !list.single && this.capabilities.maxKeys !== 1 ? { ...key, name: key.id } : key;
  }

  #made({ key, ...made }: Made): Made {
    return { ...made, ...(key && { key: this.#shown(key) }) };
  }

  /** The key as it is told: without what a name has behind it, and revoked where that is all that the API can do. */
  #shown(key: Key): Key {
    const named = this.capabilities.uniqueNames ? this.#names.shown(key) : key;
    const isOver = this.#provider.revoke.leaves === 'disabled' && key.status === 'disabled';
    return isOver ? { ...named, status: 'revoked' } : named;
  }

  async #rotate(
    rotate: Issuing,
    { id, name }: Key,
    { graceSeconds, expiresAt }: InPlaceRotation,
  ): Promise<Made> {
    const response = await this.#api.send(rotate, {
      id,
      grace: graceSeconds,
      ...(expiresAt && { expiresAt }),
    });
    if (response.status === 404) throw noSuchKey(id);
    return this.#made(readIssued(response, this.#asked(rotate, name)));
  }

  update(id: string, changes: KeyChanges): Promise<Key> {
    const account = {
      api: this.#api,
      provider: this.#provider,
      get: (one: string) => this.get(one),
      list: () => this.list(),
      nameFor: (name: string, one: string) => this.#nameFor(name, one),
    };
    return updateKey(account, id, changes);
  }

  revoke(id: string): Promise<boolean> {
    return revokeKey(this.#api, this.#provider, id, () => this.get(id));
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

  #asked(operation: Issuing, name: string): IssueRequest {
    const { key: fields } = this.#provider;
    return { operation, fields, name, now: this.#now() };
  }

  async #key(found: Part): Promise<Key> {
    const { key, unreadable: odd } = readKey(found, this.#provider.key, this.#now());
    for (const one of odd) await this.#odd.warnOf(one, key.id);
    return this.#shown(this.#named(key));
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
}

function isConflict(error: unknown): boolean {
  return error instanceof KeysError && error.failure.code === 'conflict';
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
