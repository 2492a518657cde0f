import { createHash, randomInt } from 'node:crypto';

/** What random rounds follow from: `KEYS_SOAK_SEED` repeats those of an earlier run, which printed it. */
export const seed = process.env.KEYS_SOAK_SEED ?? String(randomInt(1_000_000));

/** How many rounds each series has; one is enough to see that a series works. */
export const rounds = Number(process.env.KEYS_SOAK_ROUNDS ?? 5);

/** Numbers from 0 to 1 that follow from the seed and a name. */
export function randomOf(name: string): () => number {
  let state = createHash('sha256').update(`${seed} ${name}`).digest();
  return () => {
    state = createHash('sha256').update(state).digest();
    return state.readUInt32BE(0) / 2 ** 32;
  };
}

/** Prints what became of a series, a line a row; the first column says what the row is about. */
export function printMatrix(rows: readonly object[]): void {
  const lines = [Object.keys(rows[0] ?? {}), ...rows.map((row) => Object.values(row).map(String))];
  const width = Math.max(0, ...lines.map(([what = '']) => what.length));
  const pad = (text: string, at: number) => (at === 0 ? text.padEnd(width) : text.padStart(9));
  process.stdout.write(`seed ${seed}\n${lines.map((cells) => cells.map(pad).join(' ')).join('\n')}\n`);
}
