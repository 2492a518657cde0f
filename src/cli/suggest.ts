import { usageError } from '../base/errors.ts';
import { nearest } from '../base/nearest.ts';
import { looksLikeSecret } from '../base/secret.ts';
import type { Catalog } from './catalog.ts';
import { commandNamed, commandsOf, isGroup } from './catalog.ts';
import type { Command } from './define.ts';
import { flagsWithoutCommand } from './flag-syntax.ts';

/* Loaded for command lines that are refused. */

/** What other programs call a command. One that this program does not have is left out. */
const otherNames: Readonly<Record<string, readonly string[]>> = {
  create: ['add', 'generate', 'gen', 'issue', 'make', 'mint'],
  show: ['cat', 'describe', 'details', 'display', 'info', 'inspect', 'view'],
  update: ['change', 'edit', 'modify', 'set'],
  revoke: ['del', 'destroy', 'erase', 'invalidate', 'remove', 'unregister'],
  rotate: ['cycle', 'refresh', 'regenerate', 'renew', 'replace', 'roll'],
  recover: ['continue', 'resume'],
  usage: ['billing', 'cost', 'costs', 'metrics', 'spend', 'stats'],
  verify: ['check', 'ping', 'test', 'validate'],
  find: ['identify', 'lookup', 'search'],
  run: ['env', 'exec'],
  api: ['call', 'curl', 'request'],
  login: [
    'auth',
    'authenticate',
    'connect',
    'init',
    'profile add',
    'profile create',
    'profile new',
    'signin',
    'sign-in',
  ],
  logout: ['disconnect', 'signout', 'sign-out'],
  whoami: ['me', 'who'],
  status: ['current'],
  'profile use': ['switch', 'use'],
  'profile list': ['contexts', 'profiles'],
  'provider list': ['providers'],
  'provider new': ['provider create', 'provider init'],
  'session create': ['session add'],
  'session list': ['sessions'],
  serve: ['daemon', 'server', 'start'],
  config: ['configure', 'settings'],
  backup: ['dump'],
  leaks: ['scan'],
  audit: ['lint', 'policy'],
  plan: ['diff', 'preview'],
  apply: ['sync'],
  doctor: ['diagnose'],
  help: ['commands', 'man', 'manual'],
};

/** Words that stand before the command in programs for more than keys: `auth login`, `api-keys create`. */
const foreignNouns = /^(?:accounts?|auth|(?:api-?)?keys?|credentials?|secrets?|tokens?)$/;

/** The error for words that are no command; hints name the command that may have been meant. `rest` comes after them. */
export function unknownCommand(
  catalog: Catalog,
  words: readonly string[],
  rest: readonly string[],
  problems: readonly string[],
) {
  const [group = ''] = words;
  if (words.length === 0) return usageError([...problems, 'no command given'], 'keys help');
  const isPart = isGroup(catalog, group);
  const flags = meantFlags(rest);
  const isAlone = isPart && words.length === 1;
  const meant = isAlone ? undefined : meantCommand(catalog, [...words, ...rest]);
  const problem = isAlone ? `'${group}' needs a subcommand` : `unknown command '${words.join(' ')}'`;
  const others = isPart ? commandsOf(catalog, group).map((name) => `keys ${name}`) : ['keys help'];
  return usageError(
    [...problems, ...flags, problem],
    ...(meant === undefined ? others : [`keys ${meant}`, isPart ? `keys help ${group}` : 'keys help']),
  );
}

/** Misspelt flags of every command: what follows one may be its value, and no command. */
function meantFlags(rest: readonly string[]): string[] {
  const known = flagsWithoutCommand.flatMap(({ short, long }) => [short ?? [], long].flat());
  const unknown = rest.filter(
    (word) => word.startsWith('--') && !known.includes(word.split('=', 1)[0] ?? ''),
  );
  return unknownFlags(unknown, known).filter((problem) => problem.includes('did you mean'));
}

/** What the first words of a command line were meant to be. */
function meantCommand(catalog: Catalog, [first = '', second = '']: readonly string[]): string | undefined {
  const pair = `${first} ${second}`;
  const names = Object.keys(catalog);
  const pairs = names.filter((name) => name.includes(' '));
  return (
    (foreignNouns.test(first) && second !== '' ? commandFor(catalog, second) : undefined) ??
    commandFor(catalog, pair) ??
    (isGroup(catalog, first) ? undefined : commandFor(catalog, first)) ??
    nearest(pair, pairs) ??
    (isGroup(catalog, first) ? undefined : nearest(first, names))
  );
}

/** The command of this name here, or in another program. */
function commandFor(catalog: Catalog, words: string): string | undefined {
  const name = Object.keys(otherNames).find(
    (one) => Object.hasOwn(catalog, one) && otherNames[one]?.includes(words.toLowerCase()),
  );
  return commandNamed(catalog, words.split(' ')) ?? name;
}

/** What other programs call a flag. */
const otherFlags: Readonly<Record<string, readonly string[]>> = {
  '--budget': ['--credit-limit', '--max-budget'],
  '--debug': ['--verbose', '--trace'],
  '--dry-run': ['--check', '--preview', '--what-if'],
  '--expires': [
    '--days',
    '--duration',
    '--expiration',
    '--expiry',
    '--expires-at',
    '--expires-in',
    '--lifetime',
    '--ttl',
    '--valid-for',
  ],
  '--format': ['--output', '-o'],
  '--no-input': ['--batch', '--no-prompt', '--non-interactive'],
  '--limit': ['--count', '--max', '--page-size', '-n'],
  '--permission': ['--role', '--scope', '--scopes'],
  '--profile': ['--account', '--context', '-p'],
  '--quiet': ['--silent', '-s'],
  '--rate-limit': ['--rpm'],
  '--to': ['--destination', '--out', '--output-file', '--save', '--sink'],
  '--url': ['--api-url', '--base-url', '--endpoint', '--host'],
  '--yes': ['--assume-yes', '--force', '-f'],
};

/** A problem for each flag that a command does not know, or that takes no value. The value is not repeated. */
export function unknownFlags(
  words: readonly string[],
  knownFlags: readonly string[],
  instead: Command['instead'] = {},
): string[] {
  return words
    .filter((word) => word.startsWith('-'))
    .map((word) => {
      const [flag = ''] = word.split('=', 1);
      if (looksLikeSecret(flag)) return 'unknown flag';
      if (knownFlags.includes(flag)) return `${flag} takes no value`;
      if (Object.hasOwn(instead, flag)) return `unknown flag ${flag}`;
      const other = Object.keys(otherFlags).find(
        (one) => knownFlags.includes(one) && otherFlags[one]?.includes(flag),
      );
      const meant = other ?? (flag.startsWith('--') ? nearest(flag, knownFlags) : undefined);
      return `unknown flag ${flag}${meant === undefined ? '' : ` (did you mean ${meant}?)`}`;
    });
}

/** What was meant by flags that a command does not have, and by operands of one that takes none. */
export function insteadOf(
  { instead = {} }: Command,
  flags: readonly string[],
  surplus: readonly string[],
): string[] {
  const words = [...flags.map((word) => word.split('=', 1)[0] ?? ''), ...surplus.map(() => '')];
  return [...new Set(words.flatMap((word) => (Object.hasOwn(instead, word) ? (instead[word] ?? []) : [])))];
}
