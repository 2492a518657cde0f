import type { KeyFields } from '../providers/declaration/key-fields.ts';
import type { Part } from './select.ts';

/*
 * Fields that seem to restrict a key and that the declaration does not read. A rotation cannot carry them over, so the new
 * key might be allowed more than the old one.
 */

/** Words in the names of fields that restrict, in the singular. `policie` and the like are plurals without their s. */
const restricting =
  /^(?:permission|scope|role|policy|policie|acl|access|grant|privilege|capability|capabilitie|action|allow|allowed|allowlist|whitelist|deny|denied|denylist|blocklist|restrict|restricted|restriction|readonly|limit|quota|budget|cidr|referrer|referer|domain|origin|model|index|indexe|resource|bundle|ability|abilitie|right|entitlement|ratelimit|throttle|max|whitelisted|blacklist|blacklisted|exclude|excluded|except|forbidden|cap|concurrency|scp|authority|authoritie|authorization|authorisation|clearance)s?$/;

/** Words in the names of fields that restrict if their value is a list or an object, in the singular. */
const listing =
  /^(?:ip|network|subnet|host|hostname|region|country|countrie|method|endpoint|path|route|tool|topic|bucket|repository|repositorie|repo|project|workspace|environment|audience|claim|rule|condition|constraint|feature|guardrail)s?$/;

/** Words in the names of fields that restrict if their value is a list, in the singular. */
const several =
  /^(?:api|service|operation|collection|database|table|dataset|namespace|tenant|channel|queue|function|application|app|site|zone|vpc|provider|only|can|subset|group)s?$/;

/** Words in the names of fields that restrict if their value is true. */
const demanding = /^(?:only|require|required|requires|mfa)$/;

/** Words in the names of fields that restrict if their value is false. */
const allowing =
  /^(?:allow|allowed|can|may|access|write|edit|delete|manage|superuser|live|livemode|admin|permission|unrestricted)$/;

/** Objects that describe something else than the key. */
const others =
  /^_?(?:owner|user|creator|created_?by|updated_?by|account|org|organi[sz]ation|team|project|workspace|service_?account|usage|stats?|links?|last.*)$/i;

/** How deep fields are looked for in objects that the declaration does not mention. */
const maxDepth = 3;

/** Words in the names of fields that count or describe the past. */
const descriptive =
  /^(id|key|prefix|remaining|used|usage|last|count|current|consumed|available|url|by|at|time)s?$/;

/** A value that restricts, whatever the field is called. */
const restrictedValue = /^(read[-_ ]?only|view(er)?|restricted|limited|custom)$/i;

/** Where a key works only in a part of the account that is not the real one. */
const place = /^(?:env|environment|mode|stage)$/;
const testPlace = /^(?:test|testing|sandbox|dev|development|staging|preview)$/i;

/** Names of fields that say when a key ends. */
const ending = /^(?:expir(?:y|es?|ation)|ttl|lifetime|validuntil|validto|notafter|valid(?:before)?time)/;

/** For each key of a list they are the same. */
const declaredPlaces = new WeakMap<KeyFields, Place>();

const none: readonly string[] = [];

/** Names of fields, with dots between them. */
export function restrictionsIn(from: Part, fields: KeyFields): readonly string[] {
  let place = declaredPlaces.get(fields);
  if (!place) {
    const rolesByPath = [...pathsOf(fields).map(asRead), ...(fields.restricting ?? []).map(asRestricting)];
    place = placeOf('', rolesByPath);
    declaredPlaces.set(fields, place);
  }
  const search: Search = { unreadFields: undefined, readsExpiry: fields.expiresAt !== undefined };
  addUnread(search, from.value, place);
  return search.unreadFields ?? none;
}

type Role = 'read' | 'restricting';

const asRead = (path: string) => [path, 'read'] as const;
const asRestricting = (path: string) => [path, 'restricting'] as const;

/** An object in a key: where it is, what is declared of it, and how deep undeclared objects in it are searched. */
interface Place {
  prefix: string;
  paths: Paths;
  depth: number;
}

/**
 * What a declaration says of the fields of an object, by the path from there: one is read or harmless, or restricting whatever
 * its name says, or it is an object that has such fields.
 */
type Paths = ReadonlyMap<string, Role | Place>;

const noPaths: Paths = new Map();

function placeOf(prefix: string, rolesByPath: readonly (readonly [path: string, role: Role])[]): Place {
  const inner = rolesByPath.filter(([path]) => path.startsWith(prefix));
  const paths = new Map<string, Role | Place>();
  for (const [path] of inner) {
    for (let at = path.indexOf('.', prefix.length); at >= 0; at = path.indexOf('.', at + 1))
      paths.set(path.slice(prefix.length, at), placeOf(path.slice(0, at + 1), rolesByPath));
  }
  for (const [path, role] of inner) paths.set(path.slice(prefix.length), role);
  return { prefix, paths, depth: maxDepth };
}

interface Search {
  /** Undefined while there are none, as in most keys of a long list. */
  unreadFields: string[] | undefined;
  readsExpiry: boolean;
}

function addUnread(search: Search, value: unknown, { prefix, paths, depth }: Place): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
  for (const name in value) {
    const declared = paths.get(name);
    if (declared === 'read') continue;
    const one = (value as Record<string, unknown>)[name];
    if (typeof declared === 'object') addUnread(search, one, declared);
    else if (declared === 'restricting' ? one !== null : isUnread(search, name, one)) {
      search.unreadFields ??= [];
      search.unreadFields.push(prefix + name);
    } else if (depth > 0 && declared === undefined && typeof one === 'object' && !others.test(name))
      addUnread(search, one, { prefix: `${prefix}${name}.`, paths: noPaths, depth: depth - 1 });
  }
}

function isUnread({ readsExpiry }: Search, name: string, value: unknown): boolean {
  return restricts(name, value) || (!readsExpiry && ends(name, value));
}

function restricts(name: string, value: unknown): boolean {
  if (typeof value === 'string' && restrictedValue.test(value)) return true;
  const words = wordsIn(name);
  // A list of ids says what a key is limited to.
  const described = Array.isArray(value) ? words.filter((word) => word !== 'ids') : words;
  if (described.some((word) => descriptive.test(word))) return false;
  if (typeof value === 'string' && words.some((word) => place.test(word)) && testPlace.test(value))
    return true;
  if (value === true && words.some((word) => demanding.test(word))) return true;
  if (value === false) return words.some((word) => allowing.test(word));
  if (!hasContent(value)) return false;
  return words.some(
    (word) =>
      restricting.test(word) ||
      (typeof value === 'object' && listing.test(word)) ||
      (Array.isArray(value) && several.test(word)),
  );
}

/** A new key would not end. */
function ends(name: string, value: unknown): boolean {
  const isSet = typeof value === 'string' ? value !== '' : typeof value === 'number' && value > 0;
  return isSet && ending.test(name.toLowerCase().replace(/[^a-z]/g, ''));
}

function wordsIn(name: string): string[] {
  return name
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[^a-z]+/);
}

/** Every path that the declaration of a key reads or calls harmless. */
function pathsOf({ harmless = [], alike: _, restricting: __, ...fields }: KeyFields): string[] {
  return [...harmless, ...textsIn(fields)];
}

/** Fields of a declaration whose texts are no paths. */
const notPaths = new Set(['words', 'always', 'as', 'none', 'missing', 'item', 'when', 'means']);

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, one]) => (notPaths.has(name) ? [] : textsIn(one)));
}

function hasContent(value: unknown): boolean {
  if (value === null || value === undefined || value === false || value === '' || value === 0) return false;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}
