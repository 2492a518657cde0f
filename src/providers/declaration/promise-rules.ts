import { callsNamed } from './call.ts';
import { namesIn, placeholdersIn } from './placeholder.ts';
import type { Rule, Verdict } from './rule.ts';
import { ruleOf } from './rule.ts';

/* What is promised is also sent, and what is sent is also promised. */

const expiry = ruleOf(({ capabilities, ...provider }) => {
  const { create, rotate } = provider;
  const { expiry: kind, expirySteps, expiryRequired } = capabilities;
  const issuing = create ? 'create' : 'rotate';
  const isSent = namesIn(create ?? rotate).includes('expiresAt');
  const style = placeholdersIn(provider).find(
    ({ input, style = '' }) => input === 'expiresAt' && /^step/.test(style),
  )?.style;
  const isPromised = kind === 'any' || kind === 'steps';
  return [
    [
      isPromised && !isSent,
      'capabilities.expiry',
      `is "${kind}", but ${issuing} does not send {expiresAt}; add it to the body of ${issuing}, or write "none"`,
    ],
    [
      kind === 'none' && isSent,
      'capabilities.expiry',
      `is "none", but ${issuing} sends {expiresAt}; write "any" or "steps", or remove it from ${issuing}`,
    ],
    [
      rotate?.expiry === 'reset' && !namesIn(rotate).includes('expiresAt'),
      'rotate.expiry',
      'is "reset", but rotate does not send {expiresAt}; add it to the body of rotate',
    ],
    [
      kind === 'none' && expiryRequired === true,
      'capabilities.expiryRequired',
      'contradicts "expiry": "none"; remove it',
    ],
    [
      (kind === 'any' || kind === 'none') && expirySteps !== undefined,
      'capabilities.expirySteps',
      `is not used because expiry is "${kind}"; write "expiry": "steps", or remove it`,
    ],
    [
      kind !== 'steps' && style !== undefined,
      'capabilities.expiry',
      `is "${kind}", but {expiresAt:${style}} needs "steps" and a list of expirySteps`,
    ],
  ];
});

const permissions = ruleOf(({ permissions: declared, create }) => [
  [
    declared !== undefined && !namesIn(create).includes('permissions'),
    'permissions',
    'is not sent; add {permissions} to the body of create, or remove the list',
  ],
  [
    declared?.length === 0,
    'permissions',
    'is empty; write the permissions that a key can have, or remove the list',
  ],
]);

/** Two words for one value could not be told apart in a key. */
const words = ruleOf(({ key }) =>
  (['permissions', 'models'] as const).map((field): Verdict => {
    const where = key[field];
    const values = typeof where === 'object' && 'words' in where ? Object.values(where.words ?? {}) : [];
    return [
      new Set(values.map(String)).size < values.length,
      `key.${field}.words`,
      'has the same value twice; write one word for each value',
    ];
  }),
);

const names = ruleOf(({ key, capabilities }) => [
  [
    capabilities.uniqueNames && typeof key.name === 'object' && 'always' in key.name,
    'capabilities.uniqueNames',
    'is true, but key.name says that keys have no names; write false',
  ],
]);

const changes = ruleOf(({ disable, enable, ...provider }) => [
  [
    disable !== undefined && JSON.stringify(disable) === JSON.stringify(enable),
    'enable',
    'sends the same as disable; write what enables a key',
  ],
  [
    Array.isArray(provider.update) && provider.update.length === 0,
    'update',
    'is an empty list; write a call, or remove it',
  ],
  ...callsNamed(provider, 'update').flatMap(({ operation, path }): readonly Verdict[] => {
    const sentNames = namesIn(operation);
    return [
      [
        sentNames.every((name) => !/^[a-zA-Z]+$/.test(name) || name === 'id'),
        path,
        'sends none of the fields that can change; add them to its body, such as "name": "{name}"',
      ],
      [
        'labels' in operation && !sentNames.includes('labels'),
        `${path}.labels`,
        'has no effect because update does not send {labels}; add them to its body, or remove this field',
      ],
    ];
  }),
]);

export const promiseRules: readonly Rule[] = [expiry, permissions, words, names, changes];
