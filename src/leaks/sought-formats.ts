import { idOf } from '../authority/key-format.ts';
import { parseValueFormat } from '../keys/value-format.ts';
import type { SoughtFormat } from './find-values.ts';

/** A format of values to search for, as plain data that a thread can be given. */
export interface Format {
  /** As declared: `sk-or-v1-{hex:64}`. */
  readonly text: string;
  /** The id of the provider whose values look like that. */
  readonly provider: string;
  /** The authority's own, which a checksum tells from everything else: keys and session tokens. */
  readonly checksum?: 'sk' | 'ses';
}

export const authorityFormats: readonly Format[] = (['sk', 'ses'] as const).map((checksum) => ({
  text: `${checksum}_{base62:16}_{base62:43}_{base62:6}`,
  provider: 'authority',
  checksum,
}));

export function soughtFormats(formats: readonly Format[]): SoughtFormat[] {
  return formats.map(({ text, checksum }) => ({
    ...parseValueFormat(text),
    ...(checksum && { confirms: (value) => idOf(checksum, value) !== undefined }),
  }));
}
