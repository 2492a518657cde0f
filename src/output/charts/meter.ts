import type { Terminal } from '../style.ts';

/**
 * A bar that is filled by a share between 0 and 1, with the rest as a track: `██████░░░░`. Something is never drawn as
 * nothing, nor a part as the whole.
 */
export function meter(
  share: number,
  width: number,
  { style, unicode }: Pick<Terminal, 'style' | 'unicode'>,
  paint: (text: string) => string,
): string {
  const filledWidth = filled(Math.max(0, Math.min(1, share)), width);
  const [full, track] = unicode ? ['█', '░'] : ['#', '.'];
  return paint(full.repeat(filledWidth)) + style.dim(track.repeat(width - filledWidth));
}

function filled(share: number, width: number): number {
  if (!(share > 0)) return 0;
  return share >= 1 ? width : Math.max(1, Math.min(width - 1, Math.round(share * width)));
}

const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** A bar without a track, to an eighth of a character where the terminal can. */
export function bar(share: number, width: number, unicode: boolean): string {
  if (!(share > 0)) return '';
  if (!unicode) return '#'.repeat(Math.max(1, Math.round(Math.min(1, share) * width)));
  const size = Math.max(1, Math.round(Math.min(1, share) * width * 8));
  return '█'.repeat(Math.floor(size / 8)) + eighths[size % 8];
}
