import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { Secret } from '../base/secret.ts';

/** The current value of a place; null if it has none, undefined if that cannot be told. */
export async function currentValue(
  readValue: () => Promise<string | null | undefined>,
): Promise<Secret | null | undefined> {
  const text = await readValue().catch(() => undefined);
  return text ? new Secret(text) : text === undefined ? undefined : null;
}

/** What a missing file means: null, no value; undefined if its folder is missing too, as on another machine. */
export function absentValue(path: string): null | undefined {
  return statSync(dirname(path), { throwIfNoEntry: false })?.isDirectory() ? null : undefined;
}
