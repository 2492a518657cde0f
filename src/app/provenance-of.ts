import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { systemCode } from '../base/errors.ts';
import { openAppliedFile } from '../journal/applied-file.ts';
import type { Provenance } from '../keys/plan/provenance.ts';
import { provenanceLabel } from '../keys/plan/provenance.ts';
import { makePrivateFolder } from '../platform/paths.ts';
import { appliedFrom } from './applied-from.ts';
import type { Context } from './context.ts';
import { settingOf } from './open-journal.ts';

/** How the profile of a context tells which keys an apply of the file at this absolute path has created. */
export async function provenanceOf(context: Context, path: string): Promise<Provenance> {
  const { createFields, reports } = (await context.backend()).capabilities;
  const { io } = context;
  const { name, earlierNames } = appliedFrom(path, { cwd: io.cwd, machine: io.whoami() });
  if (createFields.includes('labels') && reports.includes('labels'))
    return {
      label: { [provenanceLabel]: name },
      earlierValues: earlierNames,
      createdIds: new Set(),
      noteCreation: () => {},
      hasBegun: () => false,
    };
  const { profile, url } = await settingOf(context);
  const open = (scope: string) => {
    const place = createHash('sha256')
      .update(JSON.stringify([profile, url, scope]))
      .digest('hex')
      .slice(0, 16);
    const recordPath = join(context.paths.applied, `${place}.jsonl`);
    return openAppliedFile(recordPath, makePrivateFolder, (error) => {
      void context.warnOnce(
        `${recordPath} could not be written (${systemCode(error) ?? 'unknown error'}): --prune will leave new keys alone`,
      );
    });
  };
  const record = open(name);
  const records = [record, ...earlierNames.map(open)];
  return {
    label: {},
    earlierValues: [],
    createdIds: { has: (id) => records.some(({ createdIds }) => createdIds.has(id)) },
    noteCreation: (creation) => record.note(creation),
    hasBegun: (keyName) => records.some(({ hasBegun }) => hasBegun(keyName)),
  };
}
