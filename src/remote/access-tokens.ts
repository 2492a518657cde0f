import { KeysError } from '../base/errors.ts';
import { Secret } from '../base/secret.ts';
import type { HttpRequest } from '../http/request.ts';
import type { HttpResponse } from '../http/response.ts';
import type { Exchange } from '../providers/declaration/exchange.ts';
import { apiErrorOf } from './api-error.ts';
import type { ApiOptions } from './api-options.ts';
import { urlBelow } from './api-url.ts';
import { fillHeaders } from './build-request.ts';
import { explainFailure } from './explain-failure.ts';
import { fillPath } from './fill-path.ts';
import type { Inputs } from './fill-template.ts';
import { fillBody } from './fill-template.ts';
import { number, part, required, select, text, wrongShape } from './select.ts';

interface AccessToken {
  secret: Secret;
  /** Milliseconds since 1970 from which on another one is requested; undefined: not known. */
  renewAt: number | undefined;
}

/** A token that ends within a minute, or within a tenth of its life if that is shorter, might end on its way. */
const maxMarginMs = 60_000;

/**
 * The access tokens for which an API exchanges the session token (RFC 6749 section 4.4). They are in memory only, and end
 * with the process.
 */
export class AccessTokens {
  readonly #options: ApiOptions;
  readonly #exchange: Exchange;
  readonly #values: () => Promise<Inputs>;
  readonly #sent: Set<Secret>;
  /** What was exchanged: the API may know it, and no response has a reason to repeat it. */
  readonly exchanged = new Set<Secret>();
  #token: Promise<AccessToken> | undefined;
  /** The tokens that at least one call has used. */
  readonly #used = new WeakSet<Secret>();

  /** `values` fill the templates; `sent` gets every secret that is sent. */
  constructor(exchange: Exchange, options: ApiOptions, values: () => Promise<Inputs>, sent: Set<Secret>) {
    this.#exchange = exchange;
    this.#options = options;
    this.#values = values;
    this.#sent = sent;
  }

  /** A token that has not ended. Throws `KeysError`: 4, `exchange_refused`, if the API issues none. */
  async current(): Promise<Secret> {
    const pending = this.#token;
    const token = await pending?.catch(() => undefined);
    if (token && (token.renewAt === undefined || this.#options.now().getTime() < token.renewAt))
      return token.secret;
    // Several calls at a time share one request.
    if (this.#token === pending || !this.#token) this.#token = this.#request();
    return (await this.#token).secret;
  }

  /** Makes a call; once more with a new token if the API refuses one that it took before: the refused call had no effect. */
  async use(call: (token: Secret) => Promise<HttpResponse>): Promise<HttpResponse> {
    const token = await this.current();
    const wasUsed = this.#used.has(token);
    this.#used.add(token);
    const response = await call(token);
    if (response.status !== 401 || !wasUsed) return response;
    if ((await this.current()) === token) this.#token = undefined;
    return call(await this.current());
  }

  async #request(): Promise<AccessToken> {
    const { now, httpAt, http, url: base, token } = this.#options;
    const clientSecret = await token();
    this.#sent.add(clientSecret);
    this.exchanged.add(clientSecret);
    const request = exchangeRequest(this.#exchange, {
      base,
      clientSecret,
      values: await this.#values(),
      now: now(),
    });
    const { origin } = request.url;
    const requestedAt = now().getTime();
    const response = await (origin === base.origin ? http : httpAt(origin)).send(request);
    const refusal = this.#refusalOf(response, origin);
    if (refusal) throw refusal;
    return this.#read(response, requestedAt);
  }

  #read(response: HttpResponse, requestedAt: number): AccessToken {
    const answer = part(response.json());
    const field = required(answer, this.#exchange.token, 'access token');
    const value = text(field);
    if (!/^[!-~]+$/.test(value)) throw wrongShape(field, 'an access token');
    const secret = new Secret(value);
    this.#sent.add(secret);
    const lifetime = this.#exchange.expiresIn && select(answer, this.#exchange.expiresIn);
    if (!lifetime || lifetime.value === null) return { secret, renewAt: undefined };
    const lifetimeMs = number(lifetime) * 1000;
    return { secret, renewAt: requestedAt + lifetimeMs - Math.min(maxMarginMs, lifetimeMs / 10) };
  }

  /** The error for a response without a token; undefined for a success. */
  #refusalOf(response: HttpResponse, origin: string): KeysError | undefined {
    const { status } = response;
    const { provider, profile } = this.#options;
    const sentSecrets = [...this.#sent];
    const hide = (text: string) => sentSecrets.reduce((masked, secret) => secret.hideIn(masked), text);
    const { message, code } = explainFailure(response, { errors: exchangeErrors }, hide);
    const isSuccess = status >= 200 && status < 300;
    const hasToken = () => select(part(response.json()), this.#exchange.token) !== undefined;
    if (isSuccess && (message === undefined || hasToken())) return undefined;
    if (status === 429 || status >= 500) return apiErrorOf(response, { provider, profile, sentSecrets });
    const reason = `${message === undefined ? '' : `: ${message}`}${code === undefined ? '' : ` (${code})`}`;
    return new KeysError({
      code: 'exchange_refused',
      message: `${origin} issues no access token for the session token of the profile ${profile}${reason}`,
      hints: [`keys login --profile ${profile}`, `check the settings: keys status --profile ${profile}`],
      httpStatus: status,
    });
  }
}

/** RFC 6749 section 5.2; a vendor's gateway may answer in another form. */
const exchangeErrors = {
  message: ['error_description', 'error.message', 'message', 'error'],
  code: ['error.code', 'error'],
};

interface ExchangeCall {
  base: URL;
  clientSecret: Secret;
  values: Inputs;
  now: Date;
}

/** The request for an access token. It changes nothing, so it may be repeated. */
export function exchangeRequest(
  { post, headers, basic, form, body }: Exchange,
  { base, clientSecret, values: settings, now }: ExchangeCall,
): HttpRequest {
  const values = { ...settings, token: clientSecret };
  const filling = { now, steps: [], sendsFallbacks: true };
  const user = basic === undefined ? undefined : fillBody(basic, values, filling);
  const filled = fillBody(form ?? body ?? {}, values, filling);
  return {
    method: 'POST',
    confidential: [clientSecret],
    url: post.startsWith('/') ? urlBelow(base, fillPath(post, values)) : new URL(post),
    headers: {
      ...fillHeaders(headers, values, filling),
      ...(user !== undefined && { authorization: basicCredential(String(user), clientSecret) }),
    },
    ...(filled !== undefined && { body: filled }),
    encoding: form ? 'form' : 'json',
    repeatable: true,
    reads: true,
  };
}

/** RFC 6749 section 2.3.1: the parts are form-encoded before they are joined. */
function basicCredential(user: string, password: Secret): Secret {
  const encoded = (text: string) => new URLSearchParams({ '': text }).toString().slice(1);
  return password
    .mapped((value) => Buffer.from(`${encoded(user)}:${encoded(value)}`).toString('base64'))
    .prefixed('Basic ');
}
