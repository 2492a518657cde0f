import { closestMatch } from 'leven';

/** The candidate that a word was meant to be: spelt alike but for case and marks, begun alike, or at most two edits away. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const bareWord = bare(word);
  const same = candidates.find((candidate) => bare(candidate) === bareWord);
  const begun = candidates.find((candidate) => bareWord.length > 3 && bare(candidate).startsWith(bareWord));
  return same ?? begun ?? closestMatch(word, [...candidates], { maxDistance: Math.min(2, word.length - 1) });
}

function bare(text: string): string {
  return text.replace(/[^A-Za-z]/g, '').toLowerCase();
}
