import type { Key } from '../../keys/key.ts';
import { recentDays } from '../../keys/usage-span.ts';
import { meter } from '../charts/meter.ts';
import { narrowSparkline } from '../charts/sparkline.ts';
import type { Column } from '../table.ts';
import { budgetPaint, shareOfLife, spentShare } from './key-shares.ts';
import { dollars } from './key-values.ts';

/* The columns of a list that are pictures. What they draw is in numbers in `keys show` and in every other format. */

/** Requests of each of the last days, the oldest first, by the id of the key. */
export type RecentUse = ReadonlyMap<string, readonly number[]>;

const barWidth = 10;

/** `░░░░░░░███`, as the time that is left. */
export const timeLeftColumn: Column<Key> = {
  header: 'TIME LEFT',
  text(key, terminal) {
    const share = shareOfLife(key, terminal.now);
    if (share === undefined) return '';
    return meter(
      share,
      barWidth,
      terminal,
      key.status === 'expiring' ? terminal.style.yellow : terminal.style.green,
    );
  },
  rank: 8,
};

/** `██████░░░░ 62% of $25.00`, or without the amount where space is short. */
export const budgetColumn: Column<Key> = {
  header: 'BUDGET',
  text({ budgetUsd, spentUsd }, terminal, width) {
    if (typeof budgetUsd !== 'number') return '';
    if (spentUsd === undefined) return dollars(budgetUsd);
    const share = spentShare(budgetUsd, spentUsd);
    const bar = meter(share, barWidth, terminal, budgetPaint(share, terminal));
    const percent = `${bar} ${String(Math.floor(share * 100)).padStart(3)}%`;
    const amount = ` of ${dollars(budgetUsd)}`;
    return barWidth + percentWidth + amount.length <= width ? percent + amount : percent;
  },
  rank: 4.5,
  shrinkTo: barWidth + 5,
  drawnUpTo: 32,
};
const percentWidth = 5;

/** A sparkline per key, each on a scale of its own. */
export function recentUseColumn(recentUse: RecentUse): Column<Key> {
  return {
    header: `LAST ${recentDays} DAYS`,
    text: ({ id }, { style, unicode }) => {
      const requests = recentUse.get(id);
      return requests ? style.cyan(narrowSparkline(requests, unicode)) : '';
    },
    rank: 3.5,
  };
}
