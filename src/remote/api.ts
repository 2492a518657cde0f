import { randomUUID } from 'node:crypto';
import type { KeysError } from '../base/errors.ts';
import type { Secret } from '../base/secret.ts';
import type { HttpClient } from '../http/client.ts';
import type { HttpRequest, JsonBody } from '../http/request.ts';
import type { HttpResponse } from '../http/response.ts';
import { callOf } from '../providers/declaration/call.ts';
import type { Path } from '../providers/declaration/field.ts';
import type { Issuing, Operation } from '../providers/declaration/operation.ts';
import type { Paging } from '../providers/declaration/paging.ts';
import { secretsIn } from '../providers/declaration/placeholder.ts';
import type { Provider } from '../providers/declaration/provider.ts';
import type { ErrorContext } from './api-error.ts';
import { apiErrorOf, notThisApi, reasonGivenIn, refusalErrorOf } from './api-error.ts';
import { pageUrl, urlBelow } from './api-url.ts';
import { parseJson } from './explain-failure.ts';
import { isFailureBody, statusInBody } from './failure-body.ts';
import type { Inputs } from './fill-template.ts';
import { fillBody, fillPath } from './fill-template.ts';
import type { PageReader } from './read-pages.ts';
import { maxListLength, readPages } from './read-pages.ts';
import type { Part } from './select.ts';

export interface ApiOptions {
  provider: Provider;
  /** Name of the profile, for hints. */
  profile: string;
  /** The base URL; paths of the provider are below it. */
  url: URL;
  /** Finds the session token; not asked for by what is done with a key's own value. */
  token: () => Promise<Secret>;
  /** Settings of the profile. */
  options: Readonly<Record<string, string>>;
  http: HttpClient;
  /** Milliseconds that a call may take. */
  timeoutMs: number;
  now: () => Date;
  /** Milliseconds for all pages of a list of keys together. */
  listTimeoutMs?: number;
  /** Obtains a secret that a single call wants beside the token. */
  askSecret: (name: string) => Promise<Secret>;
}

/** The calls of a declaration, made over HTTP. Every method throws `KeysError`. */
export class Api {
  readonly #options: ApiOptions;
  /** What the API has been told and might repeat. */
  readonly #sent = new Set<Secret>();
  /** It has answered a call with the session token by a success. */
  #isAccepted = false;
  readonly #asked = new Map<string, Promise<Secret>>();
  #clockAhead: number | undefined;

  constructor(options: ApiOptions) {
    this.#options = options;
  }

  /**
   * The answer to a call with the session token. A failure is thrown, and so is a refusal whose status is that of a
   * success; but for 404 where the call was about one key: what that means is for the caller to say. A call that takes an
   * idempotency key gets a new one, the same each time that it has to be repeated.
   */
  async send(operation: Call, inputs: Inputs, page: Page = {}): Promise<HttpResponse> {
    const { provider, token } = this.#options;
    const { idempotency } = operation;
    const once = idempotency === undefined ? {} : { [idempotency]: randomUUID() };
    const response = await this.#requestWithOtp(operation, inputs, await token(), page, once);
    const isAboutOne = 'id' in inputs || (provider.list.single && operation === provider.list);
    if (response.status === 404) {
      if (isAboutOne) return response;
      throw notThisApi(response, this.#telling(operation), this.#options);
    }
    const failure = this.failureOf(response, operation);
    if (failure) throw failure;
    // A page for people, such as a sign-in, is no success, whatever its status.
    const isPage = /^text\/html\b/i.test(response.headers['content-type'] ?? '');
    if (isPage && !('secret' in operation && typeof parseJson(response.text) === 'object')) response.json();
    if (isFailureBody(response, operation, provider)) {
      const status = statusInBody(response);
      if (status === 404 && isAboutOne) return { ...response, status };
      throw refusalErrorOf(response, this.#telling(operation), status);
    }
    this.#isAccepted = true;
    return response;
  }

  /** Milliseconds that a call may take. */
  get callLimitMs(): number {
    return this.#options.timeoutMs;
  }

  /** Milliseconds by which the clock of the API is ahead of ours, by the Date of its last answer. */
  get clockAhead(): number | undefined {
    return this.#clockAhead;
  }

  /** The failure that an answer stands for; undefined for a success. */
  failureOf(response: HttpResponse, operation: Operation = {}): KeysError | undefined {
    return apiErrorOf(response, this.#telling(operation));
  }

  /** `, Project Not Found`: what an answer says of its status; empty where it says nothing. */
  reasonOf(response: HttpResponse): string {
    const { message } = reasonGivenIn(response, this.#telling({}));
    return message === undefined ? '' : `, ${message}`;
  }

  #telling(operation: Operation): ErrorContext {
    const { provider, profile } = this.#options;
    return {
      provider,
      profile,
      sent: [...this.#sent],
      secrets: secretsIn(operation),
      isAccepted: this.#isAccepted,
    };
  }

  /** All items of a list, page by page. */
  pages(
    operation: Operation & { items: Path; paging?: Paging },
    inputs: Inputs = {},
    { isNew, onEnd }: Pick<PageReader, 'isNew' | 'onEnd'> = {},
  ): AsyncGenerator<Part> {
    const { listTimeoutMs: patience } = this.#options;
    return readPages(operation.paging, operation.items, {
      read: (page) => this.send(operation, inputs, page),
      ...(isNew && { isNew }),
      ...(onEnd && { onEnd }),
      ...(operation === this.#options.provider.list && { timeLimitMs: patience, maxLength: maxListLength }),
    });
  }

  /** A call that is made with a key in place of the session token; every status is an answer. */
  sendAs(operation: Operation, auth: Provider['auth'], key: Secret): Promise<HttpResponse> {
    return this.#request(operation, {}, auth, key, {});
  }

  /** Any call below the base URL, with the session token; every status is an answer. */
  async call(method: HttpRequest['method'], path: string, body: JsonBody | undefined): Promise<HttpResponse> {
    const { provider, token, http } = this.#options;
    return http.send({
      method,
      url: urlBelow(this.#options.url, path),
      headers: this.#headers(provider.auth, await token()),
      ...(body !== undefined && { body }),
      repeatable: method === 'GET' || method === 'HEAD',
    });
  }

  /** A refusal that asks for a one-time password is answered by one: the API has not done anything yet. */
  async #requestWithOtp(
    operation: Call,
    inputs: Inputs,
    token: Secret,
    page: Page,
    headers: Readonly<Record<string, string>>,
  ): Promise<HttpResponse> {
    const { provider } = this.#options;
    const { otpHeader } = provider.auth;
    const response = await this.#request(operation, inputs, provider.auth, token, page, headers);
    if (otpHeader === undefined || response.status !== 401 || !asksForOtp(response)) return response;
    const otp = await this.#options.askSecret('otp');
    this.#sent.add(otp);
    return this.#request(operation, inputs, provider.auth, token, page, { ...headers, [otpHeader]: otp });
  }

  async #request(
    operation: Call,
    inputs: Inputs,
    auth: Provider['auth'],
    credential: Secret,
    { query = {}, url: given }: Page,
    more: Readonly<Record<string, string | Secret>> = {},
  ): Promise<HttpResponse> {
    const { provider, http, now, url: base } = this.#options;
    const all = { ...inputs, ...this.#settings(), ...(await this.#secrets(operation)) };
    const clock = { now: now(), steps: provider.capabilities.expirySteps ?? [] };
    const { method, path } = callOf(operation);
    const url = given === undefined ? urlBelow(base, fillPath(path, all)) : pageUrl(base, given);
    const own = fillBody(operation.query ?? {}, all, clock) as Readonly<Record<string, unknown>>;
    for (const [name, value] of Object.entries({ ...(given === undefined && own), ...query })) {
      url.searchParams.set(name, String(value));
    }
    const reads = this.#reads(operation);
    const body = operation.body === undefined ? undefined : fillBody(operation.body, all, clock);
    const response = await http.send({
      method,
      url,
      headers: { ...this.#headers(auth, credential), ...more },
      ...(body !== undefined && { body }),
      repeatable: reads || operation.idempotency !== undefined,
      reads,
    });
    const told = Date.parse(response.headers.date ?? '');
    if (!Number.isNaN(told)) this.#clockAhead = told - now().getTime();
    return response;
  }

  /** A read may be a POST, and a change a GET: what a call does follows from what it is declared as. */
  #reads(operation: Operation): boolean {
    const { list, show, logs, usage, verify } = this.#options.provider;
    return [list, show, logs, usage, verify].includes(operation as typeof list);
  }

  #settings(): Inputs {
    const entries = Object.entries(this.#options.options);
    return Object.fromEntries(entries.map(([name, value]) => [`option.${name}`, value]));
  }

  /** Asked for only where the body of the call has a place for one. */
  async #secrets(operation: Operation): Promise<Inputs> {
    const body = JSON.stringify(operation.body ?? {});
    const secrets: Record<string, Secret> = {};
    for (const name of Object.keys(this.#options.provider.secrets ?? {})) {
      if (!body.includes(`{secret.${name}}`)) continue;
      secrets[`secret.${name}`] = await this.#ask(name);
    }
    return secrets;
  }

  /** Once for each, also where a call has to be made again. */
  async #ask(name: string): Promise<Secret> {
    const asked = this.#asked.get(name) ?? this.#options.askSecret(name);
    this.#asked.set(name, asked);
    const secret = await asked;
    this.#sent.add(secret);
    return secret;
  }

  #headers({ header, scheme }: Provider['auth'], credential: Secret): Record<string, string | Secret> {
    this.#sent.add(credential);
    const value = scheme === undefined ? credential : credential.prefixed(`${scheme} `);
    return { ...this.#options.provider.headers, [header]: value };
  }
}

type Call = Operation & Pick<Issuing, 'idempotency'>;

interface Page {
  query?: Readonly<Record<string, string>>;
  url?: string;
}

/** The two ways in which npm registries ask. */
function asksForOtp({ headers, text }: HttpResponse): boolean {
  return /\botp\b/i.test(headers['www-authenticate'] ?? '') || /one-time pass/i.test(text);
}
