import { isJoined, joinedPaths, pathsOf, pathsOfSecret } from './field-paths.ts';
import type { Issuing } from './operation.ts';
import { namesIn } from './placeholder.ts';
import type { Provider } from './provider.ts';
import type { Rule, Verdict } from './rule.ts';
import { ruleOf } from './rule.ts';

/* Where a new secret comes from, and which key it belongs to. */

/** A rule on each call that returns a new secret. */
function ruleOnIssuing(
  verdicts: (issuing: Issuing, path: 'create' | 'rotate', provider: Provider) => readonly Verdict[],
): Rule {
  return ruleOf((provider) =>
    (['create', 'rotate'] as const).flatMap((path) => {
      const issuing = provider[path];
      return issuing ? verdicts(issuing, path, provider) : [];
    }),
  );
}

const source = ruleOnIssuing((issuing, path) => {
  const { makes, secret } = issuing;
  const sendsSecret = namesIn(issuing).includes('newSecret');
  return [
    [
      secret === undefined && makes === undefined,
      `${path}.secret`,
      'is required; write where the response has the secret, such as "secret"',
    ],
    [
      makes !== undefined && !sendsSecret,
      `${path}.makes`,
      'is not sent; add {newSecret} to the body, or remove makes',
    ],
    [
      makes === undefined && sendsSecret,
      `${path}.makes`,
      'is required because the body has {newSecret}; write { "bytes": 32, "as": "base64" }',
    ],
  ];
});

/** The id of a key is shown; its secret must not be. */
const identity = ruleOnIssuing(({ key: keyPath, secret }, path, { key }) => {
  if (keyPath === undefined) return [];
  const ids = joinedPaths(keyPath, pathsOf(key.id));
  const secrets = pathsOfSecret(secret);
  const isId = (one: string) => ids.includes(one);
  return [
    [
      secrets.length > 0 && (isJoined(secret) ? secrets.every(isId) : secrets.some(isId)),
      `${path}.secret`,
      'is the same as key.id, but the id of a key is no secret; write where the secret is',
    ],
  ];
});

const sameKey = ruleOnIssuing(({ keepsId, key }, path) => [
  [
    keepsId === true && path === 'create',
    'create.keepsId',
    'has no meaning, because a new key has a new id; remove it',
  ],
  [
    keepsId === true && path === 'rotate' && key !== undefined,
    'rotate.key',
    'is not read because of keepsId; remove one of them',
  ],
]);

/** Only a secret that is known beforehand can be compared. */
const shownSecret = ruleOf(({ show, create, rotate }) => [
  [
    show?.secret !== undefined && create?.makes === undefined && rotate?.makes === undefined,
    'show.secret',
    'has no effect because neither create nor rotate has makes; remove it',
  ],
]);

export const issuingRules: readonly Rule[] = [source, identity, sameKey, shownSecret];
