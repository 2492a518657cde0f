import { callsNamed } from './call.ts';
import { declaredCalls } from './declared-calls.ts';
import type { Path } from './field.ts';
import { pathsOf } from './field-paths.ts';
import type { Operation } from './operation.ts';
import type { Paging } from './paging.ts';
import type { Provider } from './provider.ts';
import type { Rule, Verdict } from './rule.ts';
import { ruleOf } from './rule.ts';
import type { SchemaIssue } from './schema-issue.ts';

/* Requests that could not be sent as declared, and lists that could not be read to their end. */

const bodies: Rule = (provider) =>
  declaredCalls(provider)
    .filter(({ call }) => call.get !== undefined && (call.body ?? call.form) !== undefined)
    .map(({ path, call }) => ({
      path: `${path}.${call.body === undefined ? 'form' : 'body'}`,
      message: 'is the body of a GET, which servers ignore; write it as query, or use another method',
    }));

/** About the message and the connection (RFC 9110 section 7.6.1, RFC 9112): the client writes them. */
const ownHeaders = [
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

/** A header that `keys` sets by itself would be sent twice, or replaced. */
const headers: Rule = (provider) => {
  const own = new Set([...ownHeaders, provider.auth.header.toLowerCase()]);
  const places = [
    { path: 'headers', declared: provider.headers },
    ...declaredCalls(provider).map(({ path, call }) => ({ path: `${path}.headers`, declared: call.headers })),
  ];
  return places.flatMap(({ path, declared = {} }) =>
    Object.keys(declared)
      .filter((header) => own.has(header.toLowerCase()))
      .map((header) => ({ path: `${path}.${header}`, message: 'is set by keys itself; remove it' })),
  );
};

const pages: Rule = (provider) =>
  declaredCalls(provider).flatMap(({ name, call }) =>
    call.paging ? pagingIssues(name, call, call.paging) : [],
  );

function pagingIssues(name: string, call: Operation, paging: Paging): SchemaIssue[] {
  const path = `${name}.paging`;
  const fields: Readonly<Record<string, unknown>> = { ...paging };
  const parameter = fields[paging.by];
  const bodyField = call.form === undefined ? 'body' : 'form';
  const place = fields.in === 'body' ? bodyField : 'query';
  const declared = call[place] ?? {};
  const hasFields = typeof declared === 'object' && declared !== null && !Array.isArray(declared);
  const clash = [parameter, fields.limit].find(
    (one) => typeof one === 'string' && hasFields && Object.hasOwn(declared, one),
  );
  return ruleOf(() => [
    [
      parameter !== undefined && parameter === fields.limit,
      `${path}.limit`,
      `is the same parameter as ${paging.by}, so every page would be the first; write the parameter for the page size`,
    ],
    [clash !== undefined, `${name}.${place}.${clash}`, 'is set by paging, which replaces it; remove it here'],
    [
      fields.in === 'body' && (call.get !== undefined || !hasFields),
      `${path}.in`,
      call.get === undefined
        ? 'needs a body that is an object'
        : 'needs a call with a body, and a GET has none; remove it, or write the call as post',
    ],
    ...(['next', 'last', 'more', 'total'] as const).map((field): Verdict => {
      const paths = pathsOf(fields[field] as Path | undefined);
      return [
        paths.includes(''),
        `${path}.${field}`,
        `is the whole ${field === 'last' ? 'item' : 'response'}, so the end of the list could not be told; write the field`,
      ];
    }),
    ...(['limit', paging.by] as const).map((field): Verdict => {
      const name = fields[field];
      return [
        typeof name === 'string' && /[{}]/.test(name),
        `${path}.${field}`,
        'is the name of a parameter, which is not filled in; write the name itself',
      ];
    }),
    [
      paging.by === 'link' && paging.limit !== undefined && paging.size === undefined,
      `${path}.size`,
      'is required because of limit; write a number such as 100',
    ],
    [
      paging.by === 'link' && paging.limit === undefined && paging.size !== undefined,
      `${path}.size`,
      'is not sent; write the parameter for it in limit, or remove it',
    ],
    [
      'more' in paging &&
        paging.more !== undefined &&
        'next' in paging &&
        String(paging.more) === String(paging.next),
      `${path}.more`,
      'is the same as next, and only true continues the list; write where the response says true, or remove it',
    ],
  ])({} as Provider);
}

const lists = ruleOf(({ list, show }) => [
  [
    list.single === true && list.paging !== undefined,
    'list.paging',
    'has no effect because list.single says that there is one key; remove one of them',
  ],
  [
    list.omitted === true && (list.single === true || pathsOf(list.items).includes('')),
    'list.omitted',
    `has no effect ${list.single === true ? 'because list.single says that there is one key' : 'because the whole response is the list'}; remove it`,
  ],
  [
    list.whole === true && show === undefined,
    'list.whole',
    'has no effect without show, because the list is all that there is; remove it',
  ],
]);

const confirmations = ruleOf(({ disable }) => [
  [
    disable?.confirms !== undefined && disable.ok !== undefined,
    'disable.confirms',
    'has no effect because of ok, which confirms more; remove it',
  ],
]);

const changes = ruleOf((provider) =>
  (['update', 'disable', 'enable'] as const).flatMap((name) =>
    callsNamed(provider, name).map(({ operation, path }): Verdict => {
      const hasNoEffect = 'partial' in operation && operation.put === undefined;
      return [hasNoEffect, `${path}.partial`, 'has no effect without put; remove it'];
    }),
  ),
);

export const requestRules: readonly Rule[] = [bodies, headers, pages, lists, confirmations, changes];
