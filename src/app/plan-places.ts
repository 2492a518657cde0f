import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { KeysError } from '../base/errors.ts';
import type { Sink } from '../keys/ports.ts';
import { openSinks } from '../sinks/open-sinks.ts';
import { strayLoginOf } from '../sinks/presets.ts';
import type { SinkSpec } from '../sinks/sink-spec.ts';
import { parseSink } from '../sinks/sink-spec.ts';
import type { Context } from './context.ts';
import { sinkContextOf } from './sink-context.ts';

/*
 * The places of a file, for reading alone. The file may be a proposal that has not been reviewed: it chooses no program that runs,
 * and no host that gets a login.
 */

/** A place that cannot be opened cannot be read; delivering to it says why. */
export async function openPlaces(context: Context, to: readonly string[]): Promise<Sink[]> {
  const places = await Promise.all(
    to.map(async (text): Promise<Sink[]> => {
      const spec = parseSink(text);
      if (spec.kind === 'stdout' || (await wouldStray(context, spec))) return [];
      try {
        return await openSinks([spec], sinkContextOf(context, true));
      } catch (error) {
        if (error instanceof KeysError) return [];
        throw error;
      }
    }),
  );
  return places.flat();
}

export function isWithoutFolder(context: Context, { name }: Sink): boolean {
  const spec = parseSink(name);
  return 'path' in spec && !existsSync(dirname(resolve(context.io.cwd, spec.path)));
}

/** Whether reading the place would send a login to a host that it is not for. */
async function wouldStray(context: Context, spec: SinkSpec): Promise<boolean> {
  if (spec.kind !== 'preset') return false;
  const stray = strayLoginOf(spec.preset, spec.parts, context.io.env);
  if (!stray) return false;
  await context.warnOnce(
    `${spec.text} is not read: ${stray.variable} is for ${stray.loginHost}, and would be sent to ${stray.host}`,
  );
  return true;
}
