import { createHash, randomInt } from 'node:crypto';

/** What random rounds follow from: `KEYS_SOAK_SEED` repeats those of an earlier run, which printed it. */
export const seed = process.env.KEYS_SOAK_SEED ?? String(randomInt(1_000_000));

/** How many rounds there are, as a multiple of the usual number. */
export const rounds = Number(process.env.KEYS_SOAK_ROUNDS ?? 1);

/** Numbers from 0 to 1 that follow from the seed and a name. */
export function randomOf(name: string): () => number {
  let state = createHash('sha256').update(`${seed} ${name}`).digest();
  return () => {
    state = createHash('sha256').update(state).digest();
    return state.readUInt32BE(0) / 2 ** 32;
  };
}
