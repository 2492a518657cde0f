import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/*
 * Programs of others that some tests run for real. Without one of them those tests are skipped and the run says so at
 * its end; in CI they are not skipped, so they fail. vitest loads this file as a global set-up, too.
 */

/** Each program, and the command that brings it. */
const realParts = { jq: 'apt-get install jq' } as const;

export type RealPart = keyof typeof realParts;

/** Whether tests that need this program are to be skipped. */
export function lacks(part: RealPart): boolean {
  return !process.env.CI && !isInstalled(part);
}

/** Called by vitest after all tests. */
export function teardown(): void {
  const missing = (Object.keys(realParts) as RealPart[]).filter(lacks);
  for (const part of missing) {
    process.stderr.write(`skipped real-parts tests: ${part} is missing (${realParts[part]})\n`);
  }
}

function isInstalled(program: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
