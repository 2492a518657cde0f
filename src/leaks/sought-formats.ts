import { idOf } from '../authority/key-format.ts';
import { parseValueFormat } from '../keys/value-format.ts';
import { ValueFinder } from './find-values.ts';

/** A format of values to search for, as plain data that a thread can be given. */
export interface Format {
  /** As declared: `sk-or-v1-{hex:64}`. */
  readonly text: string;
  /** The id of the provider whose values look like that. */
  readonly provider: string;
  /** The authority's own, which a checksum tells from everything else: keys and session tokens. */
  readonly checksum?: 'sk' | 'ses';
  /** In place of `text`: the SHA-256 of one value, a long word. */
  readonly hash?: string;
}

export const authorityFormats: readonly Format[] = (['sk', 'ses'] as const).map((checksum) => ({
  text: `${checksum}_{base62:16}_{base62:43}_{base62:6}`,
  provider: 'authority',
  checksum,
}));

/** Whether a text is a format that can be searched for. */
export function isFormat(text: string): boolean {
  try {
    parseValueFormat(text);
    return true;
  } catch {
    return false;
  }
}

/** What finds values in these formats. */
export function finderOf(formats: readonly Format[]): ValueFinder {
  const hashes = new Map(formats.flatMap(({ hash }, index) => (hash === undefined ? [] : [[hash, index]])));
  return new ValueFinder(
    formats.map(({ text, checksum, hash }) => {
      if (hash !== undefined) return undefined;
      return {
        ...parseValueFormat(text),
        ...(checksum && { confirms: (value) => idOf(checksum, value) !== undefined }),
      };
    }),
    hashes,
  );
}
