import { shown } from '../base/sanitise.ts';

/** A line on stderr that says how far the work has come, for somebody who watches. */
export interface Progress {
  /** One more is done: this one. */
  step(name: string): Promise<void>;
  /** Takes the line away. */
  end(): Promise<void>;
}

const barWidth = 24;
const nameWidth = 40;

/** `draw` shows a line in place of the one before; an empty one is none. */
export async function startProgress(draw: (line: string) => Promise<void>, count: number): Promise<Progress> {
  let done = 0;
  const show = async (name: string) => {
    const filled = Math.floor((done / count) * barWidth);
    const bar = '█'.repeat(filled) + '░'.repeat(barWidth - filled);
    await draw(`${bar} ${done}/${count} ${shown(name, nameWidth)}`);
  };
  await show('');
  return {
    step(name) {
      done += 1;
      return show(name);
    },
    end: () => draw(''),
  };
}
