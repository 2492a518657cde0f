import type { Secret } from '../base/secret.ts';
import type { HttpRequest } from '../http/request.ts';
import { callOf } from '../providers/declaration/call.ts';
import type { Operation } from '../providers/declaration/operation.ts';
import type { Provider } from '../providers/declaration/provider.ts';
import { pageUrl, urlBelow } from './api-url.ts';
import type { Inputs } from './fill-template.ts';
import { fillBody, fillPath } from './fill-template.ts';
import type { PageRequest } from './next-page.ts';

/** Everything that a declared call is made of. */
export interface DeclaredCall {
  provider: Provider;
  /** The base URL. */
  base: URL;
  operation: Operation;
  /** What fills the templates: the inputs of the call, `option.NAME` and `secret.NAME`. */
  values: Inputs;
  now: Date;
  page?: Partial<PageRequest>;
  headers: Readonly<Record<string, string | Secret>>;
  /** Any repetition has the same effect as a single call. */
  isIdempotent: boolean;
}

/** The request of a declared call. Throws `KeysError` if a path cannot be filled, or if a page is at another origin. */
export function buildRequest({
  provider,
  operation,
  values,
  now,
  headers,
  ...call
}: DeclaredCall): HttpRequest {
  const clock = { now, steps: provider.capabilities.expirySteps ?? [] };
  const { method, path } = callOf(operation);
  const { query = {}, url: pageAddress } = call.page ?? {};
  const url =
    pageAddress === undefined ? urlBelow(call.base, fillPath(path, values)) : pageUrl(call.base, pageAddress);
  const declaredQuery = fillBody(operation.query ?? {}, values, clock) as Readonly<Record<string, unknown>>;
  for (const [name, value] of Object.entries({ ...(pageAddress === undefined && declaredQuery), ...query })) {
    url.searchParams.set(name, String(value));
  }
  const body = operation.body === undefined ? undefined : fillBody(operation.body, values, clock);
  const reads = isRead(provider, operation);
  return {
    method,
    url,
    headers,
    ...(body !== undefined && { body }),
    repeatable: reads || call.isIdempotent,
    reads,
  };
}

/** The header that carries a credential, with those of every request. */
export function headersWith(
  provider: Provider,
  { header, scheme }: Provider['auth'],
  credential: Secret,
): Record<string, string | Secret> {
  const value = scheme === undefined ? credential : credential.prefixed(`${scheme} `);
  return { ...provider.headers, [header]: value };
}

/** Whether a call changes nothing. That follows from what it is declared as: a read may be a POST, a change a GET. */
function isRead({ list, show, logs, usage, verify }: Provider, operation: Operation): boolean {
  return [list, show, logs, usage, verify].includes(operation as typeof list);
}
