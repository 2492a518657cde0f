import type { KeyFields } from '../providers/declaration/key-fields.ts';
import type { Part } from './select.ts';

/*
 * Fields that seem to restrict a key and that the declaration does not read. A rotation cannot carry them over, so the new
 * key might be allowed more than the old one.
 */

/** Words in the names of fields that restrict, in the singular. `policie` and the like are plurals without their s. */
const restrictingWords = new Set([
  'permission',
  'scope',
  'role',
  'policy',
  'policie',
  'acl',
  'access',
  'grant',
  'privilege',
  'capability',
  'capabilitie',
  'action',
  'allow',
  'allowed',
  'allowlist',
  'whitelist',
  'deny',
  'denied',
  'denylist',
  'blocklist',
  'restrict',
  'restricted',
  'restriction',
  'readonly',
  'limit',
  'quota',
  'budget',
  'cidr',
  'referrer',
  'referer',
  'domain',
  'origin',
  'model',
  'index',
  'indexe',
  'resource',
  'bundle',
]);

/** Words in the names of fields that count or describe the past. */
const descriptive =
  /^(id|key|prefix|remaining|used|usage|last|count|current|consumed|available|url|by|at|time)s?$/;

/** A value that restricts, whatever the field is called. */
const restrictedValue = /^(read[-_ ]?only|view(er)?|restricted|limited|custom)$/i;

/** Names of fields, with dots between them. */
export function restrictionsIn(from: Part, fields: KeyFields): string[] {
  return unreadIn(from.value, '', { readPaths: pathsOf(fields), restricting: fields.restricting ?? [] });
}

interface DeclaredPaths {
  readPaths: readonly string[];
  /** Restricting whatever their names say. */
  restricting: readonly string[];
}

function unreadIn(value: unknown, prefix: string, declared: DeclaredPaths): string[] {
  const { readPaths, restricting } = declared;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  return Object.entries(value).flatMap(([name, one]) => {
    const path = `${prefix}${name}`;
    if (restricting.includes(path)) return one === null ? [] : [path];
    if (readPaths.includes(path)) return [];
    if ([...readPaths, ...restricting].some((other) => other.startsWith(`${path}.`)))
      return unreadIn(one, `${path}.`, declared);
    return hasContent(one) && (restricts(name) || (typeof one === 'string' && restrictedValue.test(one)))
      ? [path]
      : [];
  });
}

function restricts(name: string): boolean {
  const words = name
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[^a-z]+/);
  if (words.some((word) => descriptive.test(word))) return false;
  return words.some((word, at) => {
    const one = word.replace(/s$/, '');
    return (
      restrictingWords.has(word) || restrictingWords.has(one) || (one === 'read' && words[at + 1] === 'only')
    );
  });
}

/** Every path that the declaration of a key reads or calls harmless. */
function pathsOf({ harmless = [], alike: _, restricting: __, ...fields }: KeyFields): string[] {
  return [...harmless, ...textsIn(fields)];
}

/** Fields of a declaration whose texts are no paths. */
const noPaths = new Set(['words', 'always', 'as', 'none', 'missing', 'item', 'when', 'means']);

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, one]) => (noPaths.has(name) ? [] : textsIn(one)));
}

function hasContent(value: unknown): boolean {
  if (value === null || value === undefined || value === false || value === '' || value === 0) return false;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}
