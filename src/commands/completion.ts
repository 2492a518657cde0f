import { basename } from 'node:path';
import type { Context } from '../app/context.ts';
import { usageError } from '../base/errors.ts';
import { shells } from '../cli/complete.ts';
import { defineCommand, toggle } from '../cli/define.ts';
import type { Shell } from '../cli/shells/shell.ts';
import { scriptMark } from '../cli/shells/shell.ts';
import type { Result } from '../output/present.ts';

const fields = ['shell', 'file', 'changed', 'next'];
const shellNames = Object.keys(shells);

export const completion = defineCommand({
  operands: '[shell]',
  operandWords: { shell: shellNames },
  summary: 'complete commands, flags and the names of keys in your shell',
  description: [
    `Prints a script for ${shellNames.slice(0, -1).join(', ')} or ${shellNames.at(-1)}. --install puts it where the shell looks, for the shell`,
    'in SHELL unless you name one, and says what is left to do. It replaces only a file that it has written itself.',
    '',
    'Names of keys that an API has listed are kept for a minute, in a file that only you can read. They are listed again in the',
    'background, and only if no password is needed.',
  ].join('\n'),
  examples: [
    'keys completion --install',
    'keys completion zsh --install',
    'keys completion bash > keys.bash',
  ],
  flags: { install: toggle('--install', 'put the script where the shell looks for it') },
  fields,
  problems({ operands: [name], install }) {
    if (name === undefined) return install ? [] : [`name a shell: ${shellNames.join(', ')}`];
    return shellNames.includes(name) ? [] : [`'${name}' is not one of ${shellNames.join(', ')}`];
  },
  async run(context, { operands: [operand], install }) {
    const name = operand ?? shellIn(context);
    const shell = await shells[name]?.();
    if (!shell) throw usageError(`no completion for ${name}`);
    return install ? installFor(context, name, shell) : { kind: 'text', text: shell.script };
  },
});

/** The user's shell. Throws `KeysError` (2) for one without completion. */
function shellIn({ io }: Context): string {
  // Windows has no such variable, and PowerShell one of its own.
  const name = io.env.SHELL ? basename(io.env.SHELL) : io.env.PSModulePath ? 'powershell' : '';
  if (shellNames.includes(name)) return name;
  const message = name === '' ? 'SHELL is not set' : `there is no completion for ${name}`;
  throw usageError(`${message}; name a shell: ${shellNames.join(', ')}`, 'keys completion bash --install');
}

async function installFor(context: Context, name: string, { script, place }: Shell): Promise<Result> {
  const { file, line, next } = await place((await import('../platform/machine.ts')).machineOf(context.io));
  const { installCompletion } = await import('../app/install-completion.ts');
  context.startMutation();
  const { changed, lineLeft } = installCompletion({
    ...{ file, content: script, mark: scriptMark },
    ...(line && { line }),
  });
  const left = lineLeft ? [`add this line to ${lineLeft.file}`, lineLeft.text, ...next] : next;
  const places = line && !lineLeft ? `${file}, loaded by ${line.file}` : file;
  await context.note(`${changed ? 'installed' : 'already installed'}: ${places}`);
  for (const step of left) await context.note(`next: ${step}`);
  return {
    kind: 'one',
    record: { shell: name, file, changed, next: left },
    columns: fields,
    table: () => '',
  };
}
