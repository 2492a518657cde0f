import { keyInputs } from '../../keys/key.ts';
import { joinedPaths, pathsOf, pathsOfSecret } from './field-paths.ts';
import { namesIn, placeholdersIn } from './placeholder.ts';
import type { Provider } from './provider.ts';
import type { Rule } from './rule.ts';
import { ruleOf } from './rule.ts';
import type { SchemaIssue } from './schema-issue.ts';
import { usageRemarks } from './usage-rules.ts';

/* What is valid, but may not be what the author meant. */

const rotation = ruleOf(({ capabilities, rotate, list }) => [
  [
    capabilities.overlap === 'client' && rotate !== undefined,
    'rotate',
    'is not used because overlap is "client": keys creates a second key instead, which leaves no gap',
  ],
  [
    capabilities.overlap === 'server' && rotate !== undefined && !namesIn(rotate).includes('grace'),
    'rotate',
    'does not send {grace}, so the API alone decides how long the old secret keeps working',
  ],
  [
    rotate !== undefined &&
      capabilities.overlap !== 'client' &&
      rotate.key === undefined &&
      !rotate.keepsId &&
      !list.single,
    'rotate',
    'does not say which key has the new secret, so keys looks for it in the list; write "keepsId": true if it stays the same key',
  ],
]);

/** A rotation refuses to lose what it cannot read. */
const carriedOver: Rule = ({ create, key }) => {
  const sent = namesIn(create);
  return keyInputs
    .filter((input) => input !== 'name' && sent.includes(input) && key[input] === undefined)
    .map((input) => ({
      path: 'key',
      message: `does not say where ${input} is, though create sends it: rotations are refused without --allow-loss`,
    }));
};

const statusWords: Rule = ({ key: { status = [] } }) =>
  status.flatMap((rule, index) =>
    'when' in rule || Object.values(rule.words).includes('active')
      ? []
      : [
          {
            path: `key.status.${index}.words`,
            message: 'has no word for active, so a key with any other word has the status unknown',
          },
        ],
  );

const unused: Rule = (provider) => {
  const { options = {}, secrets = {} } = provider;
  const used = placeholdersIn(provider).map(({ input }) => input);
  const unusedOf = (kind: string, declared: object, path: string) =>
    Object.keys(declared)
      .filter((name) => !used.includes(`${kind}.${name}`))
      .map((name) => ({
        path: `${path}.${name}`,
        message: `is not used; write {${kind}.${name}} where it belongs`,
      }));
  return [...unusedOf('option', options, 'options'), ...unusedOf('secret', secrets, 'secrets')];
};

const prefix = ruleOf(({ create, key }) => [
  [
    create?.key !== undefined &&
      joinedPaths(create.key, pathsOf(key.prefix)).some((path) =>
        pathsOfSecret(create.secret).includes(path),
      ),
    'key.prefix',
    'is where create returns the secret: keys shows a few of its characters',
  ],
]);

const places = ruleOf(({ url, usualPath, page }) => [
  [
    url !== undefined && usualPath !== undefined,
    'usualPath',
    'is not used, because url says where the API is',
  ],
  [
    url === undefined && page !== undefined,
    'page',
    'is not used: without url, each installation has pages of its own',
  ],
]);

const rules: readonly Rule[] = [places, rotation, carriedOver, statusWords, unused, prefix, ...usageRemarks];

export function remarksOn(provider: Provider): SchemaIssue[] {
  return rules.flatMap((rule) => rule(provider));
}
