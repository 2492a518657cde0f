import { parseDuration } from '../../base/time.ts';
import { declaredCalls } from './declared-calls.ts';
import { examples } from './examples.ts';
import { keptIssues, wholeIssues } from './kept-issues.ts';
import type { Operation } from './operation.ts';
import { namesIn } from './placeholder.ts';
import type { Provider } from './provider.ts';
import type { SchemaIssue } from './schema-issue.ts';
import { valueFormatIssues } from './value-formats.ts';

/** Contradictions between fields that are each right by themselves. */
export function consistencyIssues(provider: Provider): SchemaIssue[] {
  return [capabilityIssues, orderIssues, keptIssues, wholeIssues, valueFormatIssues].flatMap((check) =>
    check(provider),
  );
}

/** An order by time that cannot be checked would be taken on trust. */
function orderIssues({ list, key }: Provider): SchemaIssue[] {
  if (list.order === undefined || (key.createdAt !== undefined && !list.single)) return [];
  const message = list.single
    ? 'has no use, because the API has one key; remove it'
    : 'needs the time of creation of each key; add key.createdAt, or remove it';
  return [{ path: 'list.order', message }];
}

/** A call that is missing by mistake would take a command away in silence. */
export function lifecycleIssues({ create, revoke, disable, console: place }: Provider): SchemaIssue[] {
  const isPlaced = place !== undefined;
  return [
    ...(create || isPlaced
      ? []
      : [
          {
            path: 'create',
            message: `is required; write "create": ${examples.create}, or say in console where keys are created`,
          },
        ]),
    ...(revoke || disable || isPlaced
      ? []
      : [
          {
            path: 'revoke',
            message: `is required; write "revoke": ${examples.revoke}, or say in console where keys are revoked`,
          },
        ]),
    ...(create && revoke && isPlaced
      ? [{ path: 'console', message: 'has no use, because the API can create and revoke keys; remove it' }]
      : []),
  ];
}

function capabilityIssues({ id, capabilities, disable, enable, rotate, revoke }: Provider): SchemaIssue[] {
  const { expiry, expirySteps = [], overlap } = capabilities;
  const stepsPath = 'capabilities.expirySteps';
  const rules: [isBroken: boolean, path: string, message: string][] = [
    [id === 'local', 'id', "'local' is reserved for the embedded authority; choose another id"],
    [
      expiry === 'steps' && expirySteps.length === 0,
      stepsPath,
      'is required because expiry is steps; write the spans on offer, such as ["30d", "90d"]',
    ],
    ...expirySteps.map((step, index): [boolean, string, string] => [
      !isDuration(step),
      `${stepsPath}.${index}`,
      `'${step}' is not a duration; write one such as "90d"`,
    ]),
    [
      Boolean(disable) !== Boolean(enable),
      'disable',
      'requires enable, and enable requires disable; declare both or neither',
    ],
    [
      overlap === 'server' && !rotate,
      'rotate',
      'is required because overlap is server; declare the call, or write "overlap": "client"',
    ],
    [
      overlap === 'server' && rotate?.keepsId === true && !namesIn(rotate).includes('grace'),
      'rotate.keepsId',
      'leaves no old key to revoke, and {grace} is not sent, so keys cannot tell when the old secret ends; add "{grace:seconds}" to the body, or write "overlap": "none"',
    ],
    [
      Boolean(revoke?.leaves && disable),
      'revoke.leaves',
      'cannot be combined with disable: a disabled key counts as revoked; remove one of them',
    ],
  ];
  return rules.filter(([isBroken]) => isBroken).map(([, path, message]) => ({ path, message }));
}

/** Calls about one key that do not say which, and keys that would be created without their name. */
export function inputIssues(provider: Provider): SchemaIssue[] {
  const isSingle = provider.list.single === true;
  const aboutOneKey = ['show', 'rotate', 'update', 'disable', 'enable', 'revoke'];
  const issues = declaredCalls(provider).flatMap(({ path, name, call }) => {
    const { then: _, ...own }: Operation & { then?: unknown } = call;
    if (!aboutOneKey.includes(name) || isSingle || namesIn(own).includes('id')) return [];
    return [
      {
        path,
        message: 'does not use {id}, so the API cannot tell which key is meant; add it, such as "/keys/{id}"',
      },
    ];
  });
  const hasNames = !(typeof provider.key.name === 'object' && 'always' in provider.key.name);
  if (!provider.create || !hasNames || namesIn(provider.create).includes('name')) return issues;
  return [
    ...issues,
    {
      path: 'create',
      message: 'does not use {name}, so new keys would have no name; add "name": "{name}" to its body',
    },
  ];
}

function isDuration(text: string): boolean {
  try {
    parseDuration(text);
    return true;
  } catch {
    return false;
  }
}
