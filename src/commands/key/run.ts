import type { Context } from '../../app/context.ts';
import { InvalidValue, KeysError } from '../../base/errors.ts';
import type { Secret } from '../../base/secret.ts';
import type { Flag } from '../../cli/define.ts';
import { defineCommand } from '../../cli/define.ts';
import { readSource } from '../../cli/read.ts';
import { maskInCiLog } from '../../sinks/mask.ts';

/** A variable of the program's environment, and where its value is. */
interface Binding {
  name: string;
  source: string;
}

const env: Flag<Binding[]> = {
  syntax: '--env <name=source>',
  help: 'a variable and where its value is: keychain:NAME, file:PATH or env:PATH#NAME (repeatable)',
  repeatable: true,
  read: readBindings,
};

export const run = defineCommand({
  operands: '<command...>',
  takesProgram: true,
  summary: 'start a program with secrets in its environment, and nowhere else',
  description: [
    'Everything after -- is the program and its arguments. No shell takes part: for a line of shell, write',
    "-- sh -c '...'; for a .cmd file of Windows, -- cmd /c ... All sources are read before the program starts.",
    'It has this terminal and the environment of the caller, without the secrets of keys itself (keys help environment).',
    'Signals are passed on to it, and its exit code is that of keys; 128 and the number of a signal that ended it.',
  ].join('\n'),
  examples: [
    'keys run --env API_KEY=file:ci.key -- node server.js',
    'keys run --env API_KEY=env:.env#API_KEY --env TOKEN=keychain:deploy -- sh -c \'deploy "$TARGET"\'',
  ],
  flags: { env },
  fields: [],
  problems: ({ operands: [program] }) => (program === '' ? ['the command to start is empty'] : []),
  async run(context, { operands, env: bindings }) {
    const secrets = await readAll(context, bindings);
    for (const secret of secrets.values()) await maskInCiLog(context.io, secret);
    await context.debug(`starts ${operands[0]} with ${[...secrets.keys()].join(', ')} in its environment`);
    const { runInForeground } = await import('../../platform/foreground.ts');
    await context.flush();

    context.startMutation();
    const { cwd, env: own } = context.io;
    const takeBackSignals = context.io.leaveSignals();
    try {
      const code = await runInForeground(operands, { cwd, env: own, secrets });
      return { kind: 'ended', code };
    } finally {
      takeBackSignals();
    }
  },
});

/** Throws one `InvalidValue` for everything that is wrong. What stands after `=` may be the value itself: never repeated. */
function readBindings(texts: readonly string[]): Binding[] {
  const bindings: Binding[] = [];
  const faults = texts.length === 0 ? ['at least one is needed: NAME=SOURCE'] : [];
  for (const [at, text] of texts.entries()) {
    const [, name = '', source = ''] = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/s.exec(text) ?? [];
    if (name === '') {
      faults.push(
        `number ${at + 1} is not NAME=SOURCE, with a name of letters, digits and _, no digit first`,
      );
    } else if (bindings.some((binding) => binding.name === name)) {
      faults.push(`${name} is given twice`);
    } else {
      faults.push(...faultOf(name, source));
      bindings.push({ name, source });
    }
  }
  if (faults.length > 0) throw new InvalidValue(...faults);
  return bindings;
}

function faultOf(name: string, source: string): string[] {
  try {
    readSource(source);
    return [];
  } catch (error) {
    if (!(error instanceof InvalidValue)) throw error;
    return error.messages.map((message) => `${name}: ${message}`);
  }
}

/** The secrets by variable, in the order given. Throws one `KeysError` for all sources that cannot be read. */
async function readAll(context: Context, bindings: readonly Binding[]): Promise<Map<string, Secret>> {
  const secrets = new Map<string, Secret>();
  const failed: KeysError[] = [];
  for (const { name, source } of bindings) {
    try {
      secrets.set(name, await context.secretFrom(source));
    } catch (error) {
      if (!(error instanceof KeysError)) throw error;
      failed.push(error);
    }
  }
  const [first] = failed;
  if (!first) return secrets;
  if (failed.length === 1) throw first;
  const problems = failed.flatMap(({ failure: { message, problems: several = [message] } }) => several);
  const hints = [...new Set(failed.flatMap(({ failure }) => failure.hints ?? []))];
  throw new KeysError({ ...first.failure, message: problems.join('; '), problems, hints, cause: failed });
}
