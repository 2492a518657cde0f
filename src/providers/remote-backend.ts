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
  UsageQuery,
  UsageRow,
  Verdict,
} from '../lifecycle/ports.ts';
import { Secret } from '../secret.ts';
import type { Api } from './api.ts';
import { matchesLogQuery, pastOf } from './log-filter.ts';
import type { Operation, Path, Provider } from './provider.ts';
import { capabilitiesOf } from './provider.ts';
import { readEntry, readKey } from './read-key.ts';
import type { Part } from './select.ts';
import { part, select, text, wrongShape } from './select.ts';
import type { Inputs } from './template.ts';
import { readVerdict } from './verdict.ts';

/** A call that gives out a secret. */
type Issuing = Pick<Provider['create'], 'key' | 'secret'>;

/** The keys of an account behind an API, as its declaration describes them. */
export class RemoteBackend implements KeyBackend {
  readonly capabilities: Capabilities;
  readonly permissions: readonly string[] | undefined;
  readonly #provider: Provider;
  readonly #api: Api;
  readonly #now: () => Date;

  constructor(provider: Provider, api: Api, now: () => Date) {
    this.capabilities = capabilitiesOf(provider);
    this.permissions = provider.permissions;
    this.#provider = provider;
    this.#api = api;
    this.#now = now;
  }

  async list(): Promise<Key[]> {
    const { list } = this.#provider;
    if (list.single) return this.#single();
    const keys: Key[] = [];
    for await (const item of this.#api.pages(list)) keys.push(this.#key(item));
    return keys;
  }

  async get(id: string): Promise<Key | undefined> {
    const { show } = this.#provider;
    if (!show) return (await this.list()).find((key) => key.id === id);
    const response = await this.#api.send(show, { id });
    return response.status === 404 ? undefined : this.#key(partOf(response, show.key ?? ''));
  }

  async create(spec: KeySpec): Promise<{ key: Key; secret: Secret }> {
    const { create } = this.#provider;
    return this.#issued(await this.#api.send(create, said(spec)), create, spec.name);
  }

  /**
   * A new secret in place of a key's old one, by the API itself; the old one may be dead at once. Only where the
   * declaration has `rotate`.
   */
  async rotate({ id, name }: Key, expiresAt: Date | null): Promise<{ key: Key; secret: Secret }> {
    const { rotate } = this.#provider;
    if (!rotate) throw new Error('rotate is not in the declaration');
    const response = await this.#api.send(rotate, { id, ...(expiresAt && { expiresAt }) });
    if (response.status === 404) throw noSuchKey(id);
    return this.#issued(response, rotate, name);
  }

  /** What an API answered that has just issued a secret. */
  async #issued(
    response: HttpResponse,
    operation: Issuing,
    name: string,
  ): Promise<{ key: Key; secret: Secret }> {
    const { name: named } = this.#provider.key;
    try {
      const secret = readSecret(partOf(response, operation.secret, 'secret'));
      const { prefix, ...key } = await this.#issuedKey(response, operation, name);
      // Where the API keeps no names, the key is called as it was asked for as long as anybody remembers.
      const isNameless = typeof named === 'object' && 'always' in named;
      const isWhole = prefix !== undefined && secret.hideIn(prefix) === '****';
      const known = { ...key, name: isNameless ? name : key.name || name };
      return { key: { ...known, ...(prefix !== undefined && !isWhole && { prefix }) }, secret };
    } catch (error) {
      throw error instanceof KeysError ? orphan(name, error) : error;
    }
  }

  /** The key of a secret. One that can be named can be revoked: its other fields are no reason to lose it. */
  async #issuedKey(response: HttpResponse, { key: path }: Issuing, name: string): Promise<Key> {
    if (path === undefined) return this.#newest(name);
    const found = partOf(response, path);
    try {
      return this.#key(found);
    } catch (error) {
      const id = select(found, this.#provider.key.id)?.value;
      if (!(error instanceof KeysError) || (typeof id !== 'string' && typeof id !== 'number')) throw error;
      return { id: String(id), name, status: 'unknown' };
    }
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
    const response = await this.#api.send(this.#provider.revoke, { id });
    if (response.status === 404) return false;
    if (!saysNo(response)) return true;
    throw new KeysError({
      exit: 'failed',
      code: 'not_revoked',
      message: `the API answered that it did not revoke the key ${id}`,
      hints: [`keys show ${shellWord(id)}`],
    });
  }

  async *logs(query: LogQuery): AsyncGenerator<LogEntry> {
    const { logs } = this.#provider;
    if (!logs) return;
    const isPast = pastOf(query.since);
    for await (const item of this.#api.pages(logs)) {
      const entry = readEntry(item, logs.entry);
      if (isPast(entry)) return;
      if (matchesLogQuery(entry, query)) yield entry;
    }
  }

  /** From the counters of the keys, which have no days. */
  async usage({ keyId }: UsageQuery): Promise<UsageRow[]> {
    const keys = (await this.list()).filter(({ id }) => keyId === undefined || id === keyId);
    const rows: UsageRow[] = [];
    for (const { id, name } of keys) {
      const { usage = { requests: 0, tokens: 0 }, spentUsd } = (await this.get(id)) ?? {};
      rows.push({ keyId: id, name, ...usage, ...(spentUsd !== undefined && { spentUsd }) });
    }
    return rows;
  }

  /** Asks the API about a key, by a harmless call that is made with the key itself. */
  async verify(secret: Secret): Promise<Verdict> {
    const { verify, auth } = this.#provider;
    if (!verify) throw new Error('verify is not among the capabilities');
    return readVerdict(verify, () => this.#api.sendAs(verify, verify.auth ?? auth, secret));
  }

  #key(found: Part): Key {
    return readKey(found, this.#provider.key, this.#now());
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
    return found.value === null ? [] : [this.#key(found)];
  }

  /** The key that was just made, where the API did not tell which it is. */
  async #newest(name: string): Promise<Key> {
    const keys = await this.list();
    const named = keys.filter((key) => key.name === name);
    const [newest] = (named.length > 0 ? named : keys).sort((a, b) =>
      String(b.createdAt).localeCompare(String(a.createdAt)),
    );
    if (!newest) throw noSuchKey(name);
    return newest;
  }

  async #change(operation: Operation, inputs: Inputs): Promise<void> {
    const response = await this.#api.send(operation, inputs);
    if (response.status === 404) throw noSuchKey(String(inputs.id));
  }
}

/** A secret that no header, file or terminal could carry whole is none. */
function readSecret(found: Part): Secret {
  const value = text(found);
  if (/^[!-~]+$/.test(value)) return new Secret(value);
  throw wrongShape(found, 'a secret of visible ASCII characters');
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
  return ['deleted', 'revoked', 'success'].some((field) => select(part(answer), field)?.value === false);
}

function partOf(response: HttpResponse, path: Path, what = 'key'): Part {
  const answer = part(response.json());
  const found = select(answer, path);
  if (found && found.value !== null) return found;
  throw wrongShape(answer, `an answer with the ${what} at ${[path].flat().join(' or ') || 'its top'}`);
}

/** Null, in what a new key is asked to be, is the API's own default: nothing need be said. */
function said(spec: KeySpec): Inputs {
  const isSaid = (value: unknown) => {
    if (value === null) return false;
    if (value instanceof Date || typeof value !== 'object') return true;
    return Object.keys(value).length > 0;
  };
  return Object.fromEntries(Object.entries(spec).filter(([, value]) => isSaid(value)));
}

/** A key that surely exists, and whose answer could not be used (exit 5). */
function orphan(name: string, cause: KeysError): KeysError {
  return new KeysError({
    ...cause.failure,
    exit: 'unfinished',
    code: 'orphan_key',
    message: `a key named ${name} was made, but the answer cannot be used: ${cause.message}`,
    hints: ['keys list', 'revoke the new key: nobody has its secret'],
    cause,
  });
}

function noSuchKey(id: string): KeysError {
  return new KeysError({
    exit: 'notFound',
    code: 'no_such_key',
    message: `the API knows no key '${id}'`,
    hints: ['keys list --status all'],
  });
}
