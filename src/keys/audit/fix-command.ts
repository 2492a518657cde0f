import { visible } from '../../base/sanitise.ts';
import { looksLikeSecret } from '../../base/secret.ts';
import { shellWord } from '../../base/shell-word.ts';
import type { Key } from '../key.ts';
import type { Account, ProfileName } from './audit-rule.ts';

const maxWordLength = 200;

/**
 * Whether a text means the same when it is copied from any report, and may be an argument. Markdown has no way to write a bar
 * in the code of a table.
 */
export function isPasteable(text: string): boolean {
  const isShort = text !== '' && text.length <= maxWordLength;
  return isShort && visible(text) === text && !text.includes('|') && !looksLikeSecret(text);
}

/** `keys WORDS` in a profile. */
export function command(words: string, { flags }: ProfileName): string {
  return ['keys', words, flags].filter(Boolean).join(' ');
}

/** A command on one key: by its id, unless it is about what has its name. A key that cannot be named is looked up first. */
export function onKey(
  verb: string,
  key: Pick<Key, 'id' | 'name'>,
  account: ProfileName,
  { flags = '', by = 'id' }: { flags?: string; by?: 'id' | 'name' } = {},
): string {
  const word = [key[by], key.id].find(isPasteable);
  if (word === undefined) return command('list --json id,name', account);
  const tail = flags === '' ? '' : ` ${flags}`;
  // After `--`, a word that begins with a hyphen is no flag.
  return word.startsWith('-')
    ? `${command(`${verb}${tail}`, account)} -- ${shellWord(word)}`
    : command(`${verb} ${shellWord(word)}${tail}`, account);
}

/** Replaces a key, and delivers the new secret to where a file says that it is kept. */
export function rotation(key: Key, account: Account, flags = ''): string {
  const sinks = account.sinksOf(key.name).filter(isPasteable);
  const to = sinks.map((sink) => `--to ${shellWord(sink)}`);
  return onKey('rotate', key, account, { by: 'name', flags: [flags, ...to].filter(Boolean).join(' ') });
}

/** Ends a key, as far as the API can. */
export function ending(key: Key, account: Account): string {
  const { revoke, disable } = account.capabilities;
  return revoke || disable ? onKey('revoke', key, account) : command('open', account);
}
