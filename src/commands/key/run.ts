import { secretsFrom } from '../../app/secret-input.ts';
import { defineCommand } from '../../cli/define.ts';
import { maskInCiLog } from '../../sinks/mask.ts';
import { envFlag } from '../flags/env-flag.ts';

export const run = defineCommand({
  operands: '<command...>',
  takesProgram: true,
  summary: 'run a program with secrets in its environment, and nowhere else',
  description: [
    'Everything after -- is the program and its arguments. keys starts no shell; to use one, write',
    "-- sh -c '...' (on Windows, -- cmd /c ... also runs .cmd files). All sources are read before the program starts. It",
    'gets this terminal and the environment of the caller, without the secrets of keys itself (keys help environment).',
    'Signals are passed on to the program. keys exits with its exit code, or with 128 plus the number of the signal that',
    'ended it.',
  ].join('\n'),
  examples: [
    'keys run --env API_KEY=file:ci.key -- node server.js',
    'keys run --env API_KEY=env:.env#API_KEY --env TOKEN=keychain:deploy -- sh -c \'deploy "$TARGET"\'',
  ],
  flags: { env: envFlag },
  fields: [],
  problems: ({ operands: [program] }) => (program === '' ? ['the command after -- is empty'] : []),
  async run(context, { operands, env: bindings }) {
    const secrets = await secretsFrom(context, bindings);
    for (const secret of secrets.values()) await maskInCiLog(context.io, secret);
    await context.debug(`starts ${operands[0]} with ${[...secrets.keys()].join(', ')} in its environment`);
    const { runInForeground } = await import('../../platform/foreground.ts');
    await context.flush();

    context.startMutation();
    const { cwd, env } = context.io;
    const takeBackSignals = context.io.leaveSignals();
    try {
      return { kind: 'ended', code: await runInForeground(operands, { cwd, env, secrets }) };
    } finally {
      takeBackSignals();
    }
  },
});
