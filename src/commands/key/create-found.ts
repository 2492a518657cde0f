import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Context } from '../../app/context.ts';
import { KeysError } from '../../base/errors.ts';
import { shellWord } from '../../base/shell-word.ts';
import type { Key } from '../../keys/key.ts';
import type { KeyBackend, Sink } from '../../keys/ports.ts';
import type { Destination } from '../../sinks/destinations.ts';
import type { SinkSpec } from '../../sinks/sink-spec.ts';

/* `create --if-missing` where the key is there already: its places are to hold its value, too. */

interface Found {
  backend: KeyBackend;
  known: readonly Key[];
  newest: Key;
  /** Absent: a dry run. */
  destination: Destination | undefined;
  to: readonly SinkSpec[];
}

/**
 * Throws `KeysError` (5) where a place that was named holds nothing, or what certainly is another value: the value of the
 * key cannot be had again. A place that cannot be read, or of which that cannot be told, is a warning.
 */
export async function checkPlaces(context: Context, found: Found): Promise<void> {
  const { newest, destination } = found;
  const missing: string[] = [];
  for (const sink of destination?.sinks ?? []) {
    if (sink.name === 'stdout') continue;
    const isThere = await holdsKey(context, found, sink);
    if (isThere === false) missing.push(sink.name);
    if (isThere === undefined)
      await context.warn(
        `it cannot be told whether ${sink.name} holds the value of ${newest.name} (${newest.id})`,
      );
  }
  if (missing.length === 0) return;
  const places = destination?.sinks.map(({ name }) => `--to ${shellWord(name)}`).join(' ');
  throw new KeysError({
    code: 'value_not_in_place',
    message: `a key named ${newest.name} works already (${newest.id}), but ${missing.join(' and ')} ${missing.length === 1 ? 'does' : 'do'} not hold its value, which is shown only once; nothing was created`,
    hints: [`put a new one in its place: keys rotate ${shellWord(newest.name)} ${places}`],
  });
}

/** Undefined where nobody can tell. */
async function holdsKey(
  context: Context,
  { backend, known, newest, to }: Found,
  sink: Sink,
): Promise<boolean | undefined> {
  const value = await sink.read?.();
  if (value === undefined) return isWithoutFolder(context, to, sink) ? false : undefined;
  if (value === null) return false;
  return (await import('../../app/find-by-value.ts')).isValueOf(backend, known, newest, value);
}

/** On a fresh runner the folder is gone with the file. */
function isWithoutFolder(context: Context, to: readonly SinkSpec[], { name }: Sink): boolean {
  const spec = to.find(({ text }) => text === name);
  return spec !== undefined && 'path' in spec && !existsSync(dirname(resolve(context.io.cwd, spec.path)));
}
