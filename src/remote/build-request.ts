import { Secret } from '../base/secret.ts';
import type { HttpRequest } from '../http/request.ts';
import { callOf, replacesWhole, updatesOf } from '../providers/declaration/call.ts';
import type { Issuing, Operation } from '../providers/declaration/operation.ts';
import type { Provider } from '../providers/declaration/provider.ts';
import { pageUrl, urlBelow } from './api-url.ts';
import { inApiWords } from './declared-value.ts';
import { fillPath } from './fill-path.ts';
import type { Filled, Filling, Inputs } from './fill-template.ts';
import { fillBody } from './fill-template.ts';
import type { PageRequest } from './next-page.ts';
import { requireSendable } from './require-sendable.ts';

export type CallOperation = Operation & Pick<Issuing, 'idempotency' | 'makes'>;

/** Everything that a declared call is made of. */
export interface DeclaredCall {
  provider: Provider;
  /** The base URL. */
  base: URL;
  operation: CallOperation;
  /** What fills the templates: the inputs of the call, `option.NAME` and `secret.NAME`. */
  values: Inputs;
  now: Date;
  page?: Partial<PageRequest>;
  /** Besides the declared ones: the credential, a one-time password, an idempotency key. */
  headers: Readonly<Record<string, string | Secret>>;
}

/** The request of a declared call. Throws `KeysError` if a path cannot be filled, or if a page is at another origin. */
export function buildRequest({ provider, operation, now, headers, ...call }: DeclaredCall): HttpRequest {
  const values = inWordsOfApi(provider, call.values);
  // What a change does not name stays as it is, unless the call replaces the whole key.
  const changesFields = updatesOf(provider).includes(operation);
  const sendsFallbacks = !changesFields || replacesWhole(operation);
  const filling = { now, steps: provider.capabilities.expirySteps ?? [], sendsFallbacks };
  const { method, path } = callOf(operation);
  const { parameters = {}, in: place, url: pageAddress } = call.page ?? {};
  const url =
    pageAddress === undefined ? urlBelow(call.base, fillPath(path, values)) : pageUrl(call.base, pageAddress);
  const declaredQuery = fillBody(operation.query ?? {}, values, filling) as Readonly<Record<string, unknown>>;
  const query = { ...(pageAddress === undefined && declaredQuery), ...(place !== 'body' && parameters) };
  for (const [name, value] of Object.entries(query)) {
    url.searchParams.set(name, String(value));
  }
  const template = operation.form ?? operation.body;
  const declaredBody = template === undefined ? undefined : fillBody(template, values, filling);
  const body = place === 'body' ? withParameters(declaredBody, parameters) : declaredBody;
  const reads = isRead(provider, operation);
  return {
    method,
    url,
    headers: {
      ...headersOfEveryCall(provider, values, now),
      ...fillHeaders(operation.headers, values, filling),
      ...headers,
    },
    ...(body !== undefined && { body }),
    ...(operation.form && { encoding: 'form' as const }),
    repeatable: reads || isIdempotent(operation),
    reads,
  };
}

/** A body with further fields; a name with dots is a path. */
function withParameters(body: Filled | undefined, parameters: PageRequest['parameters']): Filled {
  let whole = { ...(body as FilledFields) };
  for (const [path, value] of Object.entries(parameters)) whole = withField(whole, path.split('.'), value);
  return whole;
}

type FilledFields = Readonly<Record<string, Filled>>;

function withField(fields: FilledFields, [name = '', ...rest]: string[], value: Filled): FilledFields {
  const inner = rest.length === 0 ? value : withField(fields[name] as FilledFields, rest, value);
  return { ...fields, [name]: inner };
}

/** Permissions and models as the API calls them. */
function inWordsOfApi({ key }: Provider, values: Inputs): Inputs {
  const { permissions, models } = values;
  return {
    ...values,
    ...(Array.isArray(permissions) && { permissions: inApiWords(permissions, key.permissions) }),
    ...(Array.isArray(models) && { models: inApiWords(models, key.models) }),
  };
}

/** The declared headers of every call. */
export function headersOfEveryCall(
  { headers }: Provider,
  values: Inputs,
  now: Date,
): Record<string, string | Secret> {
  return fillHeaders(headers, values, { now, steps: [], sendsFallbacks: false });
}

export function fillHeaders(
  templates: Provider['headers'],
  values: Inputs,
  filling: Filling,
): Record<string, string | Secret> {
  const headers = fillBody(templates ?? {}, values, filling) as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    Object.entries(headers).map(([name, filled]) => {
      const value = filled instanceof Secret ? filled : String(filled);
      requireSendable(name, value, templates?.[name] ?? '');
      return [name, value];
    }),
  );
}

/** The header that carries a credential. */
export function credentialHeader(
  { header, scheme }: Provider['auth'],
  credential: Secret,
): Record<string, Secret> {
  return { [header]: scheme === undefined ? credential : credential.prefixed(`${scheme} `) };
}

/** Whether any repetition has the same effect as a single call: a PUT of a secret that the client makes repeats that secret. */
function isIdempotent({ idempotency, makes, put }: CallOperation): boolean {
  return idempotency !== undefined || (makes !== undefined && put !== undefined);
}

/** Whether a call changes nothing. That follows from what it is declared as: a read may be a POST, a change a GET. */
function isRead({ list, show, logs, usage, verify, before = [] }: Provider, operation: Operation): boolean {
  return [list, show, logs, usage, verify, ...before].includes(operation as typeof list);
}
