import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { openFleetFile } from '../journal/fleet-file.ts';
import type { Fleet, FleetSelection } from '../keys/rotation/fleet.ts';
import { makePrivateFolder } from '../platform/paths.ts';
import type { Context } from './context.ts';
import { settingOf } from './open-journal.ts';

/** The run over every key of this command's profile. */
export async function openFleet(context: Context, selection: FleetSelection): Promise<Fleet> {
  const { profile, provider, url } = await settingOf(context);
  const place = createHash('sha256')
    .update(JSON.stringify([profile, provider, url]))
    .digest('hex')
    .slice(0, 16);
  const options = {
    path: join(context.paths.fleets, `${place}.jsonl`),
    cwd: context.io.cwd,
    now: () => context.now,
    makeFolder: makePrivateFolder,
    warn: (text: string) => context.warn(text),
  };
  return openFleetFile(options, selection);
}
