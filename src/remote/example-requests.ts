import { Secret } from '../base/secret.ts';
import { parseDuration, SpanEnd } from '../base/time.ts';
import type { HttpRequest } from '../http/request.ts';
import { declaredCalls } from '../providers/declaration/declared-calls.ts';
import type { Path } from '../providers/declaration/field.ts';
import type { CallName } from '../providers/declaration/inputs.ts';
import type { Issuing, Operation } from '../providers/declaration/operation.ts';
import type { Paging } from '../providers/declaration/paging.ts';
import { namesIn, placeholdersIn, secretsIn } from '../providers/declaration/placeholder.ts';
import type { Provider } from '../providers/declaration/provider.ts';
import { exchangeRequest } from './access-tokens.ts';
import type { DeclaredCall } from './build-request.ts';
import { buildRequest, credentialHeader } from './build-request.ts';
import type { Inputs } from './fill-template.ts';
import type { PageRequest } from './next-page.ts';
import { firstPage, nextPage } from './next-page.ts';
import { part } from './select.ts';

/** A request that a declaration would send, with examples in place of inputs. Its secrets are `Secret`s. */
export interface ExampleRequest {
  /** Which call, and how it was made: `create with a name alone`. */
  call: string;
  request: HttpRequest;
  /** The header of the session token, or of the key. */
  auth: Provider['auth'];
}

/** What an example base URL is if the declaration has none. */
const exampleUrl = 'https://api.example.com';
const exampleId = 'key_123';
const secret = new Secret('EXAMPLE');
const dayMs = 86_400_000;

interface Example {
  /** Follows the name of the call. */
  how?: string;
  inputs: Inputs;
}

/** The examples of each call. */
const examplesOf: Readonly<Record<CallName, (provider: Provider, now: Date) => Example[]>> = {
  list: () => [{ inputs: {} }],
  show: () => [{ inputs: { id: exampleId } }],
  create: (provider, now) => {
    const { create, capabilities, permissions } = provider;
    const all = { ...newKey(provider, now), ...keptFields(provider) };
    const bare = {
      name: all.name,
      ...(capabilities.expiryRequired && { expiresAt: all.expiresAt }),
      ...(permissions && { permissions: permissions.slice(0, 1) }),
    };
    const takesMore = namesIn(create).some((name) => name in all && !(name in bare));
    return takesMore
      ? [
          { how: 'with every input', inputs: all },
          { how: 'with a name alone', inputs: bare },
        ]
      : [{ inputs: bare }];
  },
  rotate: (provider, now) => [
    { inputs: { id: exampleId, grace: 7 * 86_400, expiresAt: expiryFor(provider, now) } },
  ],
  update: changeExamples,
  disable: changeExamples,
  enable: changeExamples,
  revoke: () => [{ inputs: { id: exampleId } }],
  logs: (_, now) => [
    {
      inputs: {
        keyId: exampleId,
        since: new Date(now.getTime() - dayMs),
        until: now,
        status: '4xx',
        method: 'POST',
        pathPrefix: '/v1',
      },
    },
  ],
  usage: (_, now) => [
    { inputs: { by: 'day', since: new Date(now.getTime() - 30 * dayMs), keyId: exampleId } },
  ],
  verify: () => [{ inputs: { key: secret } }],
  whoami: () => [{ inputs: {} }],
  logout: () => [{ inputs: {} }],
};

/** A change that replaces the whole key sends more than what changes. */
function changeExamples(provider: Provider, now: Date): Example[] {
  return [{ inputs: { id: exampleId, ...newKey(provider, now), ...keptFields(provider) } }];
}

/** Every request that a declaration without faults would send. */
export function exampleRequests(provider: Provider, now: Date): ExampleRequest[] {
  const calls = declaredCalls(provider).flatMap(({ name, path, call: operation }) => {
    return examplesOf[name](provider, now).flatMap(({ how, inputs }) => {
      const call = how === undefined ? path : `${path} ${how}`;
      const build = (page?: PageRequest) => requestOf(provider, name, { operation, inputs, now, page });
      const { paging } = operation;
      if (!paging) return [{ call, ...build() }];
      const first = build(firstPage(paging));
      const next = secondPage(paging, first.request.url);
      return [{ call, ...first }, ...(next ? [{ call: `${call}, second page`, ...build(next) }] : [])];
    });
  });
  return [...exchangeExample(provider, now), ...stepExamples(provider, now), ...calls];
}

/** The request for an access token, if the API exchanges the session token for one. */
function exchangeExample(provider: Provider, now: Date): ExampleRequest[] {
  const { auth, url = exampleUrl } = provider;
  const { exchange } = auth;
  if (!exchange) return [];
  const values = settingsFor({ ...provider, headers: {} }, exchange);
  const request = exchangeRequest(exchange, { base: new URL(url), clientSecret: secret, values, now });
  return [{ call: 'access token', request, auth: { header: 'Authorization', scheme: 'Basic' } }];
}

/** The reads that other calls need. */
function stepExamples(provider: Provider, now: Date): ExampleRequest[] {
  return (provider.before ?? []).map((operation, index) => ({
    call: `before.${index}`,
    ...requestOf(provider, 'list', { operation, inputs: {}, now, page: undefined }),
  }));
}

interface ExampleCall {
  operation: Operation & Pick<Issuing, 'idempotency'>;
  inputs: Inputs;
  now: Date;
  page: PageRequest | undefined;
}

function requestOf(
  provider: Provider,
  name: CallName,
  { operation, inputs, now, page }: ExampleCall,
): Pick<ExampleRequest, 'request' | 'auth'> {
  const verify = name === 'verify' ? provider.verify : undefined;
  const auth = verify?.auth ?? provider.auth;
  const { idempotency } = operation;
  const call: DeclaredCall = {
    // Nothing but the key goes to another host.
    provider: verify?.url === undefined ? provider : { ...provider, headers: {} },
    base: new URL(verify?.url ?? provider.url ?? exampleUrl),
    operation,
    values: { newSecret: secret, ...inputs, ...settingsFor(provider, operation) },
    now,
    ...(page && { page }),
    headers: {
      ...(verify?.credential !== 'none' && credentialHeader(auth, secret)),
      ...(idempotency !== undefined && { [idempotency]: '00000000-0000-4000-8000-000000000000' }),
    },
  };
  return { request: buildRequest(call), auth };
}

/** The options and the secrets that a call uses. */
function settingsFor(provider: Provider, operation: Operation): Inputs {
  const jsonInputs = placeholdersIn(operation).filter(({ style }) => style === 'json');
  const options = Object.keys(provider.options ?? {}).map((name) => {
    const isJson = jsonInputs.some(({ input }) => input === `option.${name}`);
    return [`option.${name}`, isJson ? `{"my-${name}":"*"}` : `my-${name}`];
  });
  const secrets = secretsIn(provider, operation).map((name) => [`secret.${name}`, secret]);
  const taken = (provider.before ?? []).flatMap(({ take }) => Object.keys(take));
  const steps = taken.map((name) => [`step.${name}`, `my-${name}`]);
  return Object.fromEntries([...options, ...secrets, ...steps]);
}

/** What a rotation copies from the old key. */
function keptFields({ key }: Provider): Inputs {
  return Object.fromEntries(Object.keys(key.kept ?? {}).map((name) => [`kept.${name}`, `old ${name}`]));
}

function newKey(provider: Provider, now: Date): Inputs & { name: string } {
  return {
    name: 'ci',
    description: 'deploys',
    expiresAt: expiryFor(provider, now),
    permissions: provider.permissions?.slice(0, 1) ?? ['read'],
    rateLimitRpm: 60,
    budgetUsd: 25,
    models: ['gpt-4o'],
    labels: { team: 'search' },
  };
}

/** 90 days ahead, or the nearest that the API offers. */
function expiryFor({ capabilities: { expirySteps = [] } }: Provider, now: Date): Date {
  const [first] = expirySteps;
  const span = first === undefined || expirySteps.includes('90d') ? '90d' : first;
  return new SpanEnd(now, parseDuration(span));
}

/** The request for the second page, if the first one was full and said that there is more. */
function secondPage(paging: Paging, firstUrl: URL): PageRequest | undefined {
  const nextUrl = new URL(firstUrl);
  nextUrl.searchParams.set('page', '2');
  const at = (path: Path | undefined, value: unknown) => (path === undefined ? {} : objectWith(path, value));
  const item = part('last' in paging ? at(paging.last, exampleId) : {});
  const answer = merged(
    'next' in paging ? at(paging.next, paging.by === 'url' ? nextUrl.href : 'cursor_123') : {},
    'more' in paging && paging.by === 'cursor' ? at(paging.more, true) : {},
  );
  const linkParameter = paging.by === 'link' && paging.more !== undefined ? `; ${paging.more}="true"` : '';
  const items = Array.from({ length: 'size' in paging ? (paging.size ?? 1) : 1 }, () => item);
  return nextPage(paging, {
    request: firstPage(paging),
    response: {
      status: 200,
      headers: { link: `<${nextUrl.href}>; rel="next"${linkParameter}` },
      requestId: undefined,
      retryAfter: undefined,
      text: '',
      json: () => answer,
    },
    answer: part(answer),
    items,
    itemCount: items.length,
  });
}

/** Two objects in one, and so on for what they both contain: `pagination.cursor` and `pagination.more`. */
function merged(one: object, other: object): object {
  const fields: Record<string, unknown> = { ...one };
  for (const [name, value] of Object.entries(other)) {
    const own = fields[name];
    const areObjects = [own, value].every((each) => typeof each === 'object' && each !== null);
    fields[name] = areObjects ? merged(own as object, value as object) : value;
  }
  return fields;
}

/** `{ a: { b: value } }` for the path `a.b`. */
function objectWith(path: Path, value: unknown): object {
  const [first = ''] = [path].flat();
  return first.split('.').reduceRight<unknown>((inner, name) => ({ [name]: inner }), value) as object;
}
