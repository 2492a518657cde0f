import { parseDuration } from '../../base/time.ts';
import { namesIn } from './placeholder.ts';
import type { Operation, Path, Provider } from './provider.ts';
import type { SchemaIssue } from './schema-issue.ts';
import { usageInputs } from './styles.ts';

/* What only shows when fields of a declaration are seen together. */

export const consistencyChecks: readonly ((provider: Provider) => SchemaIssue[])[] = [
  capabilityIssues,
  usageIssues,
  identityIssues,
  keptIssues,
];

function capabilityIssues({ id, capabilities, disable, enable, rotate, revoke }: Provider): SchemaIssue[] {
  const { expiry, expirySteps = [], overlap } = capabilities;
  const at = 'capabilities.expirySteps';
  const issues: SchemaIssue[] = [];
  if (id === 'local')
    issues.push({ path: 'id', message: "'local' is the embedded authority: choose another id" });
  if (expiry === 'steps' && expirySteps.length === 0)
    issues.push({ path: at, message: 'is missing: expiry is steps' });
  for (const step of expirySteps) {
    if (!isDuration(step)) issues.push({ path: at, message: `'${step}' is not a duration such as 90d` });
  }
  if (Boolean(disable) !== Boolean(enable))
    issues.push({ path: 'disable', message: 'goes with enable: declare both or none' });
  if (overlap === 'server' && !rotate)
    issues.push({ path: 'rotate', message: 'is missing: overlap is server, where the API itself rotates' });
  if (revoke.leaves && disable)
    issues.push({ path: 'revoke.leaves', message: 'goes without disable: a disabled key counts as revoked' });
  return issues;
}

/** Sums that the API is not asked for as they were wanted would pass for others. */
function usageIssues({ usage }: Provider): SchemaIssue[] {
  const named = namesIn(usage);
  return usageInputs
    .filter((input) => usage && !named.includes(input))
    .map((input) => ({ path: 'usage', message: `has no place for {${input}}` }));
}

/** Calls about one key that do not say about which, and keys that are made without the name that they are to have. */
export function inputIssues(provider: Provider): SchemaIssue[] {
  const isOne = provider.list.single === true;
  const aboutOne = ['show', 'rotate', 'update', 'disable', 'enable', 'revoke'] as const;
  const nameless = aboutOne.flatMap((path) => {
    const operation: Operation | undefined = provider[path];
    if (!operation || isOne || namesIn(operation).includes('id')) return [];
    return [{ path, message: 'has no place for {id}: nothing says which key is meant' }];
  });
  const hasNames = !(typeof provider.key.name === 'object' && 'always' in provider.key.name);
  const isUnnamed = hasNames && !namesIn(provider.create).includes('name');
  return isUnnamed
    ? [
        ...nameless,
        { path: 'create', message: 'has no place for {name}: no key would have the name that it is given' },
      ]
    : nameless;
}

/** What addresses a key is told to everybody: its secret is not. */
function identityIssues({ create, rotate, key }: Provider): SchemaIssue[] {
  return [['create', create] as const, ['rotate', rotate] as const].flatMap(([path, issuing]) => {
    if (issuing?.key === undefined) return [];
    const ids = joined(issuing.key, key.id);
    const isSecret = texts(issuing.secret).some((one) => ids.includes(one));
    return isSecret
      ? [{ path: `${path}.secret`, message: 'is the same as key.id: the id of a key is no secret' }]
      : [];
  });
}

function joined(outer: Path, inner: Path): string[] {
  return texts(outer).flatMap((one) => texts(inner).map((other) => [one, other].filter(Boolean).join('.')));
}

function texts(path: Path): readonly string[] {
  return [path].flat() as readonly string[];
}

/** What is read to be kept and not sent would be lost without a word. */
function keptIssues({ create, key }: Provider): SchemaIssue[] {
  const named = namesIn(create);
  return Object.keys(key.kept ?? {})
    .filter((name) => !named.includes(`kept.${name}`))
    .map((name) => ({
      path: `key.kept.${name}`,
      message: `is not sent again: create has no place for {kept.${name}}`,
    }));
}

function isDuration(text: string): boolean {
  try {
    parseDuration(text);
    return true;
  } catch {
    return false;
  }
}
