import type { Capabilities } from '../../keys/ports.ts';
import type { Terminal } from '../style.ts';
import { wrapWords } from '../wrap-words.ts';
import { fieldNames } from './field-names.ts';

/** What can be done after a login, in three lines; `status` has all of it. */
export function loginView(can: Capabilities, { width }: Terminal): string {
  const fields = can.createFields.flatMap((field) => (field === 'name' ? [] : fieldNames[field]));
  const creation = can.create ? [`create${fields.length > 0 ? ` (${fields.join(', ')})` : ''}`] : [];
  const abilities = {
    update: can.update,
    disable: can.disable,
    revoke: can.revoke,
    'rotate without a gap': can.overlap !== 'none' && (can.create || can.overlap === 'server'),
  };
  const reports = { verify: can.verify, usage: can.usage, logs: can.logs };
  const all = { ...abilities, ...reports };
  const missing = Object.entries({ create: can.create, ...all }).flatMap(([name, has]) =>
    has ? [] : [name],
  );
  const present = (part: Readonly<Record<string, boolean>>) =>
    Object.entries(part).flatMap(([name, has]) => (has ? [name] : []));
  const lines = {
    Keys: list([...creation, ...present(abilities)]) || 'list',
    Also: [list(present(reports)), missing.length > 0 ? `not ${list(missing)}` : '']
      .filter(Boolean)
      .join('; '),
    Next: 'keys list, keys create; keys status shows all that it can do',
  };
  return Object.entries(lines)
    .map(
      ([label, text]) =>
        label.padEnd(indent) + wrapWords(text, width - indent).join(`\n${' '.repeat(indent)}`),
    )
    .map((line) => `${line}\n`)
    .join('');
}

const indent = 6;

/** `a, b and c` */
function list(words: readonly string[]): string {
  return words.join(', ').replace(/, ([^,]*)$/, ' and $1');
}
