import { dirname } from 'node:path';
import { shown, visible } from '../../base/sanitise.ts';
import { shellWord } from '../../base/shell-word.ts';
import type { FileRule, PlaceRule } from './audit-rule.ts';
import { onKey } from './fix-command.ts';
import { labelOf, mayWork } from './key-label.ts';

/* Where secrets are kept. */

export const deadValue: PlaceRule = {
  id: 'dead-value',
  severity: 'error',
  title: 'a place holds a secret that does not work',
  why: 'What reads it fails, or soon will, and does not get the key that it should. Deliver a new secret.',
  on: 'place',
  *check({ sink, name, holder, reason = 'it could not be read', isNameInUse, ...place }) {
    if (holder === undefined) yield { unknown: reason };
    else if (holder === null || !mayWork(holder)) {
      const state =
        holder === null
          ? 'a secret of no key of its account'
          : `the secret of ${labelOf(holder)}, which is ${holder.status}`;
      yield {
        message: `${visible(sink)} holds ${state}`,
        fix: onKey(isNameInUse ? 'rotate' : 'create', { id: '', name }, place, {
          by: 'name',
          flags: `--to ${shellWord(sink)}`,
        }),
        ...(holder && { key: holder }),
      };
    }
  },
};

const maxPathLength = 300;

export const readableByOthers: FileRule = {
  id: 'readable-by-others',
  severity: 'error',
  title: 'a file with secrets can be read by others',
  why: 'Every user and program of this machine may have copied what is in it. Close it, and rotate what was in it.',
  on: 'file',
  *check({ path, content, openMode }) {
    if (openMode === undefined) return;
    yield {
      message: `${shown(path, maxPathLength)}, with ${content}, is accessible to other users (${openMode})`,
      fix: `chmod 600 ${shellWord(path)}`,
    };
  },
};

export const trackedByGit: FileRule = {
  id: 'tracked-by-git',
  severity: 'error',
  title: 'git tracks a file with secrets',
  why: 'With the next commit, the secrets are in the history of the repository and in every clone. Untrack the file, and rotate what was in it.',
  on: 'file',
  *check({ path, content, isTracked }) {
    if (isTracked === undefined) yield { unknown: 'git could not tell' };
    if (!isTracked) return;
    yield {
      message: `${shown(path, maxPathLength)}, with ${content}, is tracked by git`,
      fix: `git -C ${shellWord(dirname(path))} rm --cached -- ${shellWord(path)}`,
    };
  },
};
