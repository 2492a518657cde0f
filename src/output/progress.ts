import { shown } from '../base/sanitise.ts';

/** A progress bar on stderr. */
export interface Progress {
  /** Counts one more item as done and shows its name. */
  step(name: string): Promise<void>;
  /** Removes the bar. */
  end(): Promise<void>;
}

const barWidth = 24;
const nameWidth = 40;

/** `draw` replaces the progress line; empty text removes it. */
export async function startProgress(draw: (line: string) => Promise<void>, count: number): Promise<Progress> {
  let doneCount = 0;
  const show = async (name: string) => {
    const filledWidth = Math.floor((doneCount / count) * barWidth);
    const bar = '█'.repeat(filledWidth) + '░'.repeat(barWidth - filledWidth);
    await draw(`${bar} ${doneCount}/${count} ${shown(name, nameWidth)}`);
  };
  await show('');
  return {
    step(name) {
      doneCount += 1;
      return show(name);
    },
    end: () => draw(''),
  };
}
