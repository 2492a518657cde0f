import { randomUUID } from 'node:crypto';
import type { KeysError } from '../base/errors.ts';
import { Secret } from '../base/secret.ts';
import type { HttpRequest, JsonBody } from '../http/request.ts';
import type { HttpResponse } from '../http/response.ts';
import type { Path } from '../providers/declaration/field.ts';
import type { Operation } from '../providers/declaration/operation.ts';
import type { Paging } from '../providers/declaration/paging.ts';
import { secretsIn } from '../providers/declaration/placeholder.ts';
import type { Provider } from '../providers/declaration/provider.ts';
import type { Verification } from '../providers/declaration/verification.ts';
import { AccessTokens } from './access-tokens.ts';
import type { ErrorContext } from './api-error.ts';
import { apiErrorOf, notThisApi, reasonGivenIn, refusalErrorOf } from './api-error.ts';
import type { ApiOptions } from './api-options.ts';
import { urlBelow } from './api-url.ts';
import { asksForOtp } from './asks-for-otp.ts';
import type { Sender } from './authorize.ts';
import { authorize } from './authorize.ts';
import type { CallOperation } from './build-request.ts';
import { buildRequest, headersOfEveryCall } from './build-request.ts';
import { errorContextOf } from './error-context.ts';
import { isFailureBody, requireNoWebPage, saysNotFound, statusInBody } from './failure-body.ts';
import type { Inputs } from './fill-template.ts';
import { NamedSecrets } from './named-secrets.ts';
import type { PageRequest } from './next-page.ts';
import { requireNotToken } from './own-token.ts';
import type { PageReader } from './read-pages.ts';
import { defaultMaxListLength, readPages } from './read-pages.ts';
import { withXmlRead } from './read-xml.ts';
import { requireSendableKey } from './require-sendable.ts';
import type { Part } from './select.ts';
import { StepValues } from './step-values.ts';

/** The calls of a declaration, made over HTTP. Every method throws `KeysError`. */
export class Api {
  readonly #options: ApiOptions;
  /** Secrets that the API has received and might repeat. */
  readonly #sent = new Set<Secret>();
  /** A call with the session token has succeeded. */
  #isAccepted = false;
  readonly #namedSecrets: NamedSecrets;
  #clockAhead: number | undefined;
  readonly #accessTokens: AccessTokens | undefined;
  readonly #steps: StepValues;

  constructor(options: ApiOptions) {
    this.#options = options;
    this.#namedSecrets = new NamedSecrets(options.askSecret, this.#sent);
    const { exchange } = options.provider.auth;
    const values = () => this.#values(exchange ?? {}, { headers: {} });
    const send = (step: Operation) => this.send(step, {});
    this.#steps = new StepValues(options, { send, valuesFor: (step) => this.#values(step) });
    this.#accessTokens = exchange && new AccessTokens(exchange, options, values, this.#sent);
  }

  /**
   * Makes a call with the session token and returns a success, or the 404 of a call about one key, which the caller
   * interprets. Any other failure is thrown, including a 2xx response whose body is a failure. A call that takes an
   * idempotency key gets a new one, the same for each repetition.
   */
  async send(
    operation: CallOperation,
    inputs: Inputs,
    page: Partial<PageRequest> = {},
  ): Promise<HttpResponse> {
    const { provider } = this.#options;
    if (inputs.newSecret instanceof Secret) this.#sent.add(inputs.newSecret);
    const { idempotency = '' } = operation;
    const idempotencyHeader = idempotency === '' ? {} : { [idempotency]: randomUUID() };
    const response = await this.#withToken((token) =>
      this.#requestWithOtp(operation, inputs, token, page, idempotencyHeader),
    );
    const isAboutOneKey = 'id' in inputs || (provider.list.single && operation === provider.list);
    if (response.status === 404) {
      if (isAboutOneKey) return response;
      throw notThisApi(response, this.#errorContext(operation), this.#options);
    }
    const failure = this.failureOf(response, operation);
    if (failure) throw failure;
    requireNoWebPage(response, operation);
    if (isAboutOneKey && saysNotFound(response, provider)) return { ...response, status: 404 };
    if (isFailureBody(response, operation, provider)) {
      const status = statusInBody(response);
      if (status === 404 && isAboutOneKey) return { ...response, status };
      throw refusalErrorOf(response, this.#errorContext(operation), status);
    }
    this.#isAccepted = true;
    return response;
  }

  get callLimitMs(): number {
    return this.#options.timeoutMs;
  }

  /** Milliseconds by which the clock of the API is ahead of ours, by the Date of its last response. */
  get clockAhead(): number | undefined {
    return this.#clockAhead;
  }

  failureOf(response: HttpResponse, operation: Operation = {}): KeysError | undefined {
    return apiErrorOf(response, this.#errorContext(operation));
  }

  get pause(): ApiOptions['http']['pause'] {
    return this.#options.http.pause;
  }

  /** `, Project Not Found`: the reason that a response gives, with its call in whatever form; empty if it gives none. */
  reasonOf(response: HttpResponse, operation?: Operation): string {
    const { message, code } = reasonGivenIn(response, this.#errorContext(operation ?? {}));
    const reason = message ?? (operation && code);
    return reason === undefined ? '' : `, ${reason}`;
  }

  #errorContext(operation: Operation): ErrorContext {
    return errorContextOf(this.#options, operation, { sent: this.#sent, isAccepted: this.#isAccepted });
  }

  pages(
    operation: Operation & { items: Path; paging?: Paging; omitted?: true },
    inputs: Inputs = {},
    handlers: Pick<PageReader, 'idOf' | 'ids' | 'onEnd'> = {},
  ): AsyncGenerator<Part[]> {
    const { provider, listTimeoutMs: timeLimitMs, maxListLength = defaultMaxListLength } = this.#options;
    return readPages(operation.paging, operation.items, {
      readPage: (page) => this.send(operation, inputs, page),
      ...handlers,
      ...(operation.omitted && { isOmitted: true }),
      ...(operation === provider.list && { timeLimitMs, maxLength: maxListLength }),
    });
  }

  /**
   * Tries out a key: with the key in place of the session token, or in the body. Returns the response, whatever its status.
   * Throws `KeysError` (2) for the session token itself if that would go to another host.
   */
  async sendAs(verify: Verification, key: Secret): Promise<HttpResponse> {
    const { provider, token, httpAt } = this.#options;
    const { url, credential, auth = provider.auth } = verify;
    this.#sent.add(key);
    if (url !== undefined) await requireNotToken(key, token, url);
    const sentCredential = credential === 'session' ? await this.#token() : key;
    if (credential === undefined) requireSendableKey(auth.header, key);
    const sender = credential === 'none' ? {} : { auth, credential: sentCredential };
    if (url === undefined) return this.#request(verify, { key }, sender);
    const base = new URL(url);
    // Headers of every request may be credentials.
    const place = { url: base, http: httpAt(base.origin), provider: { ...provider, headers: {} } };
    return this.#request(verify, { key }, sender, {}, place);
  }

  /** Makes any call, with the session token; `at`: a path below the base URL. Returns the response, whatever its status. */
  async call(method: HttpRequest['method'], at: string | URL, body?: JsonBody): Promise<HttpResponse> {
    const { provider, http, now } = this.#options;
    const request: HttpRequest = {
      method,
      url: at instanceof URL ? at : urlBelow(this.#options.url, at),
      headers: headersOfEveryCall(provider, await this.#values({}), now()),
      ...(body !== undefined && { body }),
      repeatable: method === 'GET' || method === 'HEAD',
    };
    return this.#withToken(async (credential) =>
      http.send(await this.#authorized(request, { auth: provider.auth, credential })),
    );
  }

  /** What authenticates a call: the session token, or the access token for which the API exchanges it. */
  #token(): Promise<Secret> {
    return this.#accessTokens?.current() ?? this.#options.token();
  }

  async #withToken(call: (token: Secret) => Promise<HttpResponse>): Promise<HttpResponse> {
    const { http, token } = this.#options;
    http.prepare();
    return this.#accessTokens?.use(call) ?? call(await token());
  }

  /** Repeats a call that was refused for want of a one-time password; the refused call had no effect. */
  async #requestWithOtp(
    operation: CallOperation,
    inputs: Inputs,
    token: Secret,
    page: Partial<PageRequest>,
    headers: Readonly<Record<string, string>>,
  ): Promise<HttpResponse> {
    const { auth } = this.#options.provider;
    const sender = { auth, credential: token, headers };
    const response = await this.#request(operation, inputs, sender, page);
    if (auth.otpHeader === undefined || response.status !== 401 || !asksForOtp(response)) return response;
    const otp = await this.#options.askSecret('otp');
    this.#sent.add(otp);
    return this.#request(
      operation,
      inputs,
      { ...sender, headers: { ...headers, [auth.otpHeader]: otp } },
      page,
    );
  }

  async #request(
    operation: CallOperation,
    inputs: Inputs,
    sender: Sender,
    page: Partial<PageRequest> = {},
    place: Pick<ApiOptions, 'provider' | 'http' | 'url'> = this.#options,
  ): Promise<HttpResponse> {
    const { now } = this.#options;
    const request = buildRequest({
      provider: place.provider,
      base: place.url,
      operation,
      values: { ...inputs, ...(await this.#values(operation, place.provider)) },
      now: now(),
      page,
      headers: sender.headers ?? {},
    });
    // A new key may be made of a secret of the user.
    const isReading = !('secret' in operation) || operation === this.#options.provider.show;
    const named = isReading ? this.#namedSecrets.asked : [];
    const answer = await place.http.send(await this.#authorized(request, sender, named));
    const response = withXmlRead(answer, this.#options.provider.xml);
    if (place !== this.#options) return response;
    const serverTime = Date.parse(response.headers.date ?? '');
    if (!Number.isNaN(serverTime)) this.#clockAhead = serverTime - now().getTime();
    return response;
  }

  /** The settings and the secrets that the call uses; no other secret is asked for. */
  async #values(
    operation: Operation,
    provider: Pick<Provider, 'headers'> = this.#options.provider,
  ): Promise<Inputs> {
    const values = await this.#steps.of(operation);
    return { ...values, ...(await this.#namedSecrets.of(secretsIn(provider, operation))) };
  }

  /** `named`: the secrets that the response must not repeat, besides those that authenticate calls. */
  #authorized(
    request: HttpRequest,
    sender: Sender,
    named: Iterable<Secret> = this.#namedSecrets.asked,
  ): Promise<HttpRequest> {
    if (sender.credential) this.#sent.add(sender.credential);
    const confidential = [...named, ...(this.#accessTokens?.exchanged ?? [])];
    return authorize({ ...request, confidential }, sender, this.#options.now());
  }
}
