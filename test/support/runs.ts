/**
 * The number of random cases that a property is tried with. `KEYS_TEST_SHARE`: the part of them that is tried, such as 0.1.
 * `.ci/run` sets it for later lines of Node.js, after all of them were tried with the machine's. Not for properties of what
 * differs between those lines, such as Unicode or HTTP.
 */
export function runs(count: number): { numRuns: number } {
  return { numRuns: Math.ceil(count * Number(process.env.KEYS_TEST_SHARE ?? 1)) };
}
