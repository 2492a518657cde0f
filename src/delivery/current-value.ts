import { Secret } from '../secret.ts';

/** What a place holds now; undefined for nothing, and where asking fails. */
export async function currentValue(read: () => Promise<string | undefined>): Promise<Secret | undefined> {
  const text = await read().catch(() => undefined);
  return text ? new Secret(text) : undefined;
}
