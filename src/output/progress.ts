import type { Io } from '../io.ts';
import { visible } from './sanitise.ts';

/** A line on stderr that says how far the work has come, for somebody who watches. */
export interface Progress {
  /** One more is done: this one. */
  step(name: string): Promise<void>;
  /** Takes the line away. */
  end(): Promise<void>;
}

const barWidth = 24;
const clear = '\r\x1b[2K';

/** Draws the line on the terminal that stderr is. A closed stderr is no failure. */
export async function startProgress({ stderr }: Io, count: number): Promise<Progress> {
  let done = 0;
  const draw = async (name: string) => {
    const filled = Math.floor((done / count) * barWidth);
    const bar = '█'.repeat(filled) + '░'.repeat(barWidth - filled);
    await stderr.write(`${clear}${bar} ${done}/${count} ${visible(name).slice(0, 40)}`).catch(() => {});
  };
  await draw('');
  return {
    step(name) {
      done += 1;
      return draw(name);
    },
    end: () => stderr.write(clear).catch(() => {}),
  };
}
