import { closeSync, constants, openSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { ownUid, readOwnFile } from '../platform/own-files.ts';

/*
 * Which keys `keys apply` has created for a file, at an API without labels: JSON lines, 0600, without a secret. Only such
 * keys are ever revoked because the file does not have them any more, so what is lost of this record leaves keys alone.
 */

export interface AppliedFile {
  readonly createdIds: ReadonlySet<string>;
  note(creation: Creation): void;
  /** Whether a creation was begun whose key is not known. */
  hasBegun(name: string): boolean;
}

interface Creation {
  name: string;
  /** Absent: it is about to be created. */
  id?: string;
}

const maxBytes = 16 * 1024 * 1024;

/** `onFault` is told of what cannot be written; that fails nothing. */
export function openAppliedFile(
  path: string,
  makeFolder: (path: string) => void,
  onFault: (error: unknown) => void,
): AppliedFile {
  const lines = readOwnFile(path, ownUid(), maxBytes)?.toString().split('\n') ?? [];
  const createdIds = new Set<string>();
  const begun = new Set<string>();
  const take = ({ name, id }: Creation) => {
    if (id === undefined) begun.add(name);
    else {
      createdIds.add(id);
      begun.delete(name);
    }
  };
  for (const line of lines) {
    const creation = creationIn(line);
    if (creation) take(creation);
  }
  return {
    createdIds,
    hasBegun: (name) => begun.has(name),
    note(creation) {
      take(creation);
      try {
        append(path, creation, makeFolder);
      } catch (error) {
        onFault(error);
      }
    },
  };
}

function append(path: string, creation: Creation, makeFolder: (path: string) => void): void {
  const { O_APPEND, O_WRONLY, O_CREAT, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;
  makeFolder(dirname(path));
  const file = openSync(path, O_APPEND | O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
  try {
    // What a killed process has left of a line ends here.
    writeFileSync(file, `\n${JSON.stringify(creation)}\n`);
  } finally {
    closeSync(file);
  }
}

function creationIn(line: string): Creation | undefined {
  try {
    const { name, id } = Object(JSON.parse(line)) as Partial<Record<keyof Creation, unknown>>;
    if (typeof name !== 'string') return undefined;
    return typeof id === 'string' ? { name, id } : { name };
  } catch {
    return undefined;
  }
}
