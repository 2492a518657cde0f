import { looksLikeSecret } from './secret.ts';

/**
 * The candidate that a word was meant to be: the same but for case and punctuation, one that it begins, or one that is as
 * close as a slip of the fingers. Never the word itself, nothing for what looks like a secret, and no other number.
 */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  if (looksLikeSecret(word)) return undefined;
  const typed = bare(word);
  const distances = candidates
    .filter((candidate) => candidate !== word)
    .map((candidate) => ({ candidate, distance: distanceOf(typed, bare(candidate)) }));
  const closest = Math.min(...distances.map(({ distance }) => distance));
  if (closest === Number.POSITIVE_INFINITY) return undefined;
  return distances.find(({ distance }) => distance === closest)?.candidate;
}

/** ` (did you mean …?)`, or nothing. */
export function didYouMean(word: string, candidates: readonly string[]): string {
  const near = nearest(word, candidates);
  return near === undefined ? '' : ` (did you mean ${near}?)`;
}

function bare(text: string): string {
  return text.replace(/[^\p{L}\p{N}]/gu, '').toLowerCase();
}

const minBeginning = 3;

/** How far a candidate is from what was typed; infinity: it cannot have been meant. */
function distanceOf(typed: string, candidate: string): number {
  if (typed === candidate) return 0;
  if (typed.length >= minBeginning && candidate.startsWith(typed)) return 0.5;
  const digitsOf = (text: string) => text.replace(/\D/g, '');
  const length = Math.max(typed.length, candidate.length);
  const difference = Math.abs(typed.length - candidate.length);
  const slips = length >= 7 ? 2 : length >= minBeginning ? 1 : 0;
  if (difference > slips || digitsOf(typed) !== digitsOf(candidate)) return Number.POSITIVE_INFINITY;
  const distance = editsBetween([...typed], [...candidate]);
  return distance <= slips ? distance : Number.POSITIVE_INFINITY;
}

/** Letters that were added, left out or replaced, and neighbours that changed places, each counted once. */
function editsBetween(one: readonly string[], other: readonly string[]): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, at) => at);
  one.forEach((letter, row) => {
    const current = [row + 1];
    other.forEach((otherLetter, column) => {
      const replaced = (last[column] ?? 0) + (letter === otherLetter ? 0 : 1);
      const added = Math.min(last[column + 1] ?? 0, current[column] ?? 0) + 1;
      const isSwap = letter === other[column - 1] && one[row - 1] === otherLetter;
      const swapped = isSwap ? (beforeLast[column - 1] ?? 0) + 1 : Number.POSITIVE_INFINITY;
      current.push(Math.min(replaced, added, swapped));
    });
    beforeLast = last;
    last = current;
  });
  return last[other.length] ?? 0;
}
