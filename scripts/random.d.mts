/** Numbers from 0 to 1, the same for each seed. */
export function randomOf(seed: number): () => number;
