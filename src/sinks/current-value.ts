import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { Secret } from '../base/secret.ts';

/** What a place holds now; null where it holds nothing, undefined where asking fails or gives no answer. */
export async function currentValue(
  read: () => Promise<string | null | undefined>,
): Promise<Secret | null | undefined> {
  const text = await read().catch(() => undefined);
  return text ? new Secret(text) : text === undefined ? undefined : null;
}

/** What the absence of a file tells: null; undefined where its folder is not there either, as on another machine. */
export function absent(path: string): null | undefined {
  return statSync(dirname(path), { throwIfNoEntry: false })?.isDirectory() ? null : undefined;
}
