import { usageError } from '../base/errors.ts';
import type { Catalog } from './catalog.ts';
import { commandsOf, isGroup } from './catalog.ts';

/** The error for words that are no command, with the nearest command as a hint. */
export async function unknownCommand(
  catalog: Catalog,
  words: readonly string[],
  problems: readonly string[],
) {
  const name = words.join(' ');
  if (words.length === 0) return usageError([...problems, 'no command given'], 'keys help');
  const group = words[0] ?? '';
  if (isGroup(catalog, group)) {
    const members = commandsOf(catalog, group);
    const what = words.length === 1 ? `'${group}' needs a subcommand` : `unknown command '${name}'`;
    return usageError([...problems, what], ...members.map((member) => `keys ${member}`));
  }
  const near = await nearest(group, Object.keys(catalog));
  return usageError(
    [...problems, `unknown command '${group}'`],
    ...(near ? [`keys ${near}`] : []),
    'keys help',
  );
}

/** The candidate that starts with the word, or else one that is at most two edits away. */
export async function nearest(word: string, candidates: readonly string[]): Promise<string | undefined> {
  const completion = candidates.find((candidate) => word.length > 3 && candidate.startsWith(word));
  if (completion !== undefined) return completion;
  const { closestMatch } = await import('leven');
  return closestMatch(word, [...candidates], { maxDistance: Math.min(2, word.length - 1) });
}
