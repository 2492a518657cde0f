import { looksLikeSecret } from '../../base/secret.ts';
import { environment, secretVariable } from '../../platform/env.ts';
import { isLoopbackHost } from '../../platform/loopback.ts';
import { joinedPaths, pathsOf, pathsOfSecret } from './field-paths.ts';
import { placeholdersIn } from './placeholder.ts';
import type { Rule } from './rule.ts';
import { ruleOf } from './rule.ts';
import type { SchemaIssue } from './schema-issue.ts';

/* No secret in a file, in a URL, or in a field that is shown. */

const baseUrl = ruleOf(({ url: text }) => {
  const url = URL.canParse(text ?? '') ? new URL(text ?? '') : undefined;
  if (!url) return [];
  const isWeb = ['http:', 'https:'].includes(url.protocol);
  return [
    [!isWeb, 'url', 'is not an http or https URL; write one such as https://api.example.com'],
    [
      Boolean(url.username || url.password),
      'url',
      'contains a user name or a password; remove it, and declare in auth how the token is sent',
    ],
    [/[?#]/.test(url.href), 'url', 'has a query or a fragment; write scheme, host and path only'],
    [
      url.protocol === 'http:' && !isLoopbackHost(url.hostname),
      'url',
      'would send the session token unencrypted; write https',
    ],
  ];
});

/** What is written for people, or named by the API, and sent as no credential. */
const harmlessFields = ['$schema', 'docs', 'note', 'console', 'permissions'];

/** The text itself is not repeated. */
const noSecretInFile: Rule = (provider) => {
  const visit = (value: unknown, path: string): SchemaIssue[] => {
    if (typeof value === 'string')
      return looksLikeSecret(value)
        ? [{ path, message: 'looks like a secret; declare it in secrets, and write {secret.NAME}' }]
        : [];
    if (typeof value !== 'object' || value === null) return [];
    return Object.entries(value).flatMap(([name, one]) => visit(one, `${path}.${name}`));
  };
  return Object.entries(provider)
    .filter(([name]) => !harmlessFields.includes(name))
    .flatMap(([name, value]) => visit(value, name));
};

/** Fields of a key that are printed as they are; `prefix` is cut before, and the id has a rule of its own. */
const shownFields = ['name', 'description', 'lastUsedIp'] as const;

const noShownSecret: Rule = ({ create, rotate, key }) =>
  [create, rotate].flatMap((issuing) => {
    if (issuing?.key === undefined) return [];
    // The id may be a part of the secret.
    const ids = joinedPaths(issuing.key, pathsOf(key.id));
    const secrets = pathsOfSecret(issuing.secret).filter((path) => !ids.includes(path));
    return shownFields
      .filter((field) =>
        joinedPaths(issuing.key ?? '', pathsOf(key[field])).some((path) => secrets.includes(path)),
      )
      .map((field) => ({
        path: `key.${field}`,
        message: `is where the response has the secret; write where the ${field} is`,
      }));
  });

/** The list has whole secrets: no shown field is one. */
const noListedSecret: Rule = ({ key }) => {
  const secrets = pathsOfSecret(key.secret);
  const isJoined = secrets.length > 1;
  return (['id', ...shownFields] as const)
    .filter((field) => !(field === 'id' && isJoined))
    .filter((field) => pathsOf(key[field]).some((path) => secrets.includes(path)))
    .map((field) => ({
      path: `key.${field}`,
      message: `is where the list has the secret; write where the ${field} is`,
    }));
};

/** The variable of a secret must be its own, and `keys login` must not ask for a secret that nothing sends. */
const namedSecrets = ruleOf((provider) => {
  const inputs = placeholdersIn(provider).map(({ input }) => input);
  return Object.entries(provider.secrets ?? {}).flatMap(([name, { keep }]) => {
    const variable = secretVariable(name);
    const path = `secrets.${name}`;
    return [
      [
        Object.hasOwn(environment, variable),
        path,
        `is read from ${variable}, which means something else; choose another name`,
      ],
      [
        keep === true && !inputs.includes(`secret.${name}`),
        path,
        `is kept, but no call uses {secret.${name}}; use it, or remove the secret`,
      ],
    ] as const;
  });
});

export const secrecyRules: readonly Rule[] = [
  baseUrl,
  noSecretInFile,
  noShownSecret,
  noListedSecret,
  namedSecrets,
];
