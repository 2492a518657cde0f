import { KeysError } from '../base/errors.ts';
import { Pages } from '../base/pages.ts';
import type { Secret } from '../base/secret.ts';
import type { TextSet } from '../base/text-set.ts';
import type { BeforeSending } from '../keys/before-sending.ts';
import { inConsole } from '../keys/capability-check.ts';
import type { Key } from '../keys/key.ts';
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
} from '../keys/ports.ts';
import type { Selection } from '../keys/select.ts';
import type { Verdict } from '../keys/verdict.ts';
import type { Issuing } from '../providers/declaration/operation.ts';
import type { Provider, Rotation } from '../providers/declaration/provider.ts';
import type { Api } from './api.ts';
import { capabilitiesOf } from './capabilities.ts';
import { isEmptyBody } from './failure-body.ts';
import type { Inputs } from './fill-template.ts';
import { inputsFrom, withoutKept } from './key-inputs.ts';
import { KeyWarnings } from './key-warnings.ts';
import { keyPages, listKeys, singleKey } from './list-keys.ts';
import { named } from './nameless-key.ts';
import { makeSecret } from './new-secret.ts';
import { noSuchKey } from './no-such-key.ts';
import { keyWithId, readKey } from './read-key.ts';
import type { Part } from './select.ts';
import { part, required } from './select.ts';
import { isNewestFirst, selectNewest } from './select-newest.ts';
import { isConflict, maxNameAttempts, TakenNames } from './taken-names.ts';

/** The keys of an account behind an API, as its declaration describes them. What a list does not need is loaded when it is used. */
export class RemoteBackend implements KeyBackend {
  readonly callLimit: number;
  readonly permissions: readonly string[] | undefined;
  readonly rotateInPlace?: NonNullable<KeyBackend['rotateInPlace']>;
  readonly rotationKeepsId: boolean;
  readonly identify?: (credential: Secret) => Promise<string | undefined>;
  readonly #provider: Provider;
  readonly #api: Api;
  readonly #now: () => Date;
  readonly #warnings: KeyWarnings;
  readonly #names = new TakenNames();
  readonly #listedIds = new Set<string>();
  #capabilities: Capabilities | undefined;

  constructor(provider: Provider, api: Api, now: () => Date, warn = async (_: string) => {}) {
    this.callLimit = api.callLimitMs;
    this.permissions = provider.permissions;
    this.#provider = provider;
    this.#api = api;
    this.#now = now;
    this.#warnings = new KeyWarnings(warn);
    const { rotate, verify } = provider;
    if (verify?.id !== undefined && verify.url === undefined)
      this.identify = async (credential) =>
        (await import('./identify-key.ts')).identifyKey(this.#api, verify, credential);
    this.rotationKeepsId = rotate?.keepsId === true;
    if (rotate) this.rotateInPlace = (...given) => this.#rotate(rotate, ...given);
  }

  get capabilities(): Capabilities {
    this.#capabilities ??= capabilitiesOf(this.#provider);
    return this.#capabilities;
  }

  clockAhead(): number | undefined {
    return this.#api.clockAhead;
  }

  async list(): Promise<Key[]> {
    const keys = await this.#listed();
    this.#names.isKnown = true;
    for (const { id } of keys) this.#listedIds.add(id);
    return keys;
  }

  /** Every key, or those up to the one with an id. */
  async #listed(wantedId?: string): Promise<Key[]> {
    if (this.#provider.list.single) {
      const only = await singleKey(this.#api, this.#provider);
      return only ? [await this.#key(only)] : [];
    }
    const keys = await listKeys(this.#api, this.#provider, this.#now(), this.#warnings, wantedId);
    return keys.map((key) => this.#shown(named(key, this.#provider)));
  }

  select(selection: Selection, now: Date): AsyncIterable<readonly Key[]> | undefined {
    if (!this.#provider.list.order || !isNewestFirst(selection)) return undefined;
    return selectNewest({ pages: (ids) => this.#pages(ids), list: () => this.list() }, selection, now);
  }

  async *#pages(ids: TextSet): AsyncGenerator<Key[]> {
    for await (const page of keyPages(this.#api, this.#provider, this.#now(), this.#warnings, ids))
      yield page.map((key) => this.#shown(named(key, this.#provider)));
  }

  async get(id: string): Promise<Key | undefined> {
    const { show } = this.#provider;
    if (!show) return (await this.#listed(id)).find((key) => key.id === id);
    const response = await this.#api.send(show, { id });
    if (response.status === 404 || isEmptyBody(response)) return undefined;
    const keyPart = required(part(response.json()), show.key ?? '', 'key');
    return this.#key(keyWithId(keyPart, id, this.#provider.key));
  }

  async create(spec: KeySpec, beforeSending?: BeforeSending): Promise<Made> {
    const { create } = this.#provider;
    if (!create) throw new Error('create is not among the capabilities');
    for (let attempt = 1; ; attempt += 1) {
      const name = await this.#nameFor(spec.name);
      const inputs = { ...inputsFrom(spec), name };
      try {
        return this.#withShown(await this.#issue(create, inputs, spec.name, beforeSending));
      } catch (error) {
        // A key that no list shows may have the name. A conflict has created nothing.
        if (!isConflict(error) || !this.capabilities.uniqueNames || attempt === maxNameAttempts)
          throw withoutKept(error, inputs);
        this.#names.refuse(name);
      }
    }
  }

  /** A free name if names are unique, else the name itself. */
  async #nameFor(name: string, id?: string): Promise<string> {
    if (!this.capabilities.uniqueNames) return name;
    if (!this.#names.isKnown) await this.list();
    return this.#names.free(name, this.#now(), id);
  }

  async #issue(
    operation: Issuing,
    inputs: Inputs,
    name: string,
    beforeSending?: BeforeSending,
  ): Promise<Made> {
    const newSecret = makeSecret(operation.makes);
    if (newSecret) await beforeSending?.({ secret: newSecret, isFinal: operation.secret === undefined });
    const response = await this.#api.send(operation, { ...inputs, ...(newSecret && { newSecret }) });
    const reason = () => this.#api.reasonOf(response);
    if (response.status === 404) throw noSuchKey(String(inputs.id), reason());
    const { key: fields } = this.#provider;
    const { readIssued } = await import('./read-issued.ts');
    return readIssued(response, { operation, fields, name, now: this.#now(), newSecret, reason });
  }

  #withShown({ key, ...rest }: Made): Made {
    return { ...rest, ...(key && { key: this.#shown(key) }) };
  }

  /** The key as it is shown: without the date after its name, and revoked if disabling is how the API revokes. */
  #shown(key: Key): Key {
    const bareKey = this.#provider.capabilities.uniqueNames ? this.#names.shown(key) : key;
    const isRevoked = this.#provider.revoke?.leaves === 'disabled' && key.status === 'disabled';
    return isRevoked ? { ...bareKey, status: 'revoked' } : bareKey;
  }

  async #rotate(
    rotate: Rotation,
    { id, name, status }: Key,
    { graceSeconds, sameSpan, expiresAt = rotate.expiry === 'reset' ? sameSpan : null }: InPlaceRotation,
    beforeSending?: BeforeSending,
  ): Promise<Made> {
    const inputs = { id, grace: graceSeconds, ...(expiresAt && { expiresAt }) };
    const made = await this.#issue(rotate, inputs, name, beforeSending);
    return rotate.keepsId ? { ...made, key: { id, name, status } } : this.#withShown(made);
  }

  async update(id: string, changes: KeyChanges, listedKey?: Key): Promise<Key> {
    const account = {
      api: this.#api,
      provider: this.#provider,
      now: this.#now,
      get: (one: string) => this.get(one),
      list: () => this.list(),
      read: (keyPart: Part) => this.#key(keyPart),
      nameFor: (name: string, one: string) => this.#nameFor(name, one),
    };
    const { updateKey } = await import('./update-key.ts');
    return updateKey(account, id, changes, listedKey);
  }

  async revoke(id: string): Promise<boolean> {
    const { revoke, disable, show } = this.#provider;
    const lookInList = async () =>
      show && this.#listedIds.has(id) ? (await this.list()).find((key) => key.id === id) : undefined;
    if (revoke) {
      const { revokeKey } = await import('./revoke-key.ts');
      return revokeKey(this.#api, { ...this.#provider, revoke }, id, () => this.get(id), lookInList);
    }
    if (!disable)
      throw new KeysError({
        code: 'not_revoked',
        message: `the API has no call to revoke the key ${id}`,
        hints: inConsole('revoke the key', this.capabilities),
      });
    await this.update(id, { disabled: true });
    return true;
  }

  logs(query: LogQuery): AsyncIterable<LogEntry> {
    return new Pages(this.#logPages(query));
  }

  async *#logPages(query: LogQuery): AsyncGenerator<LogEntry[]> {
    yield* (await import('./read-logs.ts')).logPages(this.#api, this.#provider, query);
  }

  async usage(query: UsageQuery): Promise<UsageRow[]> {
    const { usage, key } = this.#provider;
    const { countedUsage, readUsage } = await import('./read-usage.ts');
    if (!usage) return countedUsage(this, query, key.usage !== undefined);
    return readUsage({ api: this.#api, usage, listKeys: () => this.list(), warnings: this.#warnings }, query);
  }

  /** Checks a key by a harmless call, or by a list that has the secrets of all keys. */
  async verify(secret: Secret): Promise<Verdict> {
    const { verify, key } = this.#provider;
    if (!verify && key.secret) {
      const { verifyByList } = await import('./verify-by-list.ts');
      return verifyByList(this.#api, this.#provider, key.secret, { secret, now: this.#now() });
    }
    if (!verify) throw new Error('verify is not among the capabilities');
    const { readVerdict } = await import('./read-verdict.ts');
    return readVerdict(
      verify,
      () => this.#api.sendAs(verify, secret),
      (response) => this.#api.failureOf(response, verify),
    );
  }

  async holds(id: string, secret: Secret): Promise<boolean | undefined> {
    return (await import('./holds-secret.ts')).holdsSecret(this.#api, this.#provider, { id, secret }, this);
  }

  async #key(keyPart: Part): Promise<Key> {
    const { key, unreadable: odd } = readKey(keyPart, this.#provider.key, this.#now());
    for (const one of odd) await this.#warnings.warnOf(one, key.id);
    return this.#shown(named(key, this.#provider));
  }
}
