import { createHash, randomInt } from 'node:crypto';

/** The seed of all random rounds. Every run prints it; `KEYS_SOAK_SEED` repeats that run. */
export const seed = process.env.KEYS_SOAK_SEED ?? String(randomInt(1_000_000));

/** Rounds per series; CI runs one. */
export const rounds = Number(process.env.KEYS_SOAK_ROUNDS ?? 5);

/** Random numbers from 0 to 1, determined by the seed and a name. */
export function randomOf(name: string): () => number {
  let state = createHash('sha256').update(`${seed} ${name}`).digest();
  return () => {
    state = createHash('sha256').update(state).digest();
    return state.readUInt32BE(0) / 2 ** 32;
  };
}

/** Prints the outcome of a series as a table; the first column names the row. */
export function printMatrix(rows: readonly object[]): void {
  const lines = [Object.keys(rows[0] ?? {}), ...rows.map((row) => Object.values(row).map(String))];
  const width = Math.max(0, ...lines.map(([what = '']) => what.length));
  const pad = (text: string, at: number) => (at === 0 ? text.padEnd(width) : text.padStart(9));
  process.stdout.write(`seed ${seed}\n${lines.map((cells) => cells.map(pad).join(' ')).join('\n')}\n`);
}
