import { shown } from '../base/sanitise.ts';
import type { Environment } from '../platform/env.ts';
import { monotonicMs } from '../platform/monotonic.ts';
import { drawsBlocks } from './style.ts';

/** A progress bar on stderr. */
export interface Progress {
  /** Counts one more item as done and shows its name. */
  step(name: string): Promise<void>;
  /** Counts one more failure; its step follows. */
  fail(): void;
  /** Removes the bar. */
  end(): Promise<void>;
}

interface ProgressOptions {
  env: Environment;
  /** How many items there are. */
  count: number;
  clock?: () => number;
}

const barWidth = 24;
const nameWidth = 40;
/** Before that, the time left would be a guess. */
const minElapsedMs = 2000;

/** `draw` replaces the progress line; empty text removes it. */
export async function startProgress(
  draw: (line: string) => Promise<void>,
  { env, count, clock = monotonicMs }: ProgressOptions,
): Promise<Progress> {
  const [full, empty] = drawsBlocks(env) ? ['█', '░'] : ['#', '-'];
  const startedAt = clock();
  let doneCount = 0;
  let failedCount = 0;
  const show = async (name: string) => {
    const filledWidth = Math.floor((doneCount / count) * barWidth);
    const elapsedMs = clock() - startedAt;
    const parts = [
      `${full.repeat(filledWidth)}${empty.repeat(barWidth - filledWidth)} ${doneCount}/${count}`,
      ...(failedCount > 0 ? [`${failedCount} failed`] : []),
      ...(doneCount > 0 && doneCount < count && elapsedMs >= minElapsedMs
        ? [`${span((elapsedMs / doneCount) * (count - doneCount))} left`]
        : []),
    ];
    await draw(`${parts.join(', ')} ${shown(name, nameWidth)}`.trimEnd());
  };
  await show('');
  return {
    step(name) {
      doneCount += 1;
      return show(name);
    },
    fail() {
      failedCount += 1;
    },
    end: () => draw(''),
  };
}

/** `40 s`, `3 min`, `2 h` */
function span(ms: number): string {
  const seconds = Math.max(1, Math.ceil(ms / 1000));
  if (seconds < 90) return `${seconds} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.ceil(minutes / 60)} h`;
}
