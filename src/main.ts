import { version } from '../package.json';
import { asksForJson } from './commands/argv.ts';
import type { ExitName, Failure } from './errors.ts';
import { exits, interrupted, KeysError, systemCode } from './errors.ts';
import type { Io } from './io.ts';

/** Runs one command line and returns the exit code. The only place where an error is printed. */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  try {
    return exits[await run(argv, io)].code;
  } catch (error) {
    // Whoever read stdout has seen enough (`keys list | head -1`).
    if (systemCode(error) === 'EPIPE') return exits.done.code;
    const { bug, failureJson, failureText } = await import('./output/error.ts');
    const failure: Failure = error instanceof KeysError ? error.failure : bug(error);
    await io.stderr.write(asksForJson(argv) ? failureJson(failure) : failureText(failure)).catch(() => {});
    return exits[failure.exit].code;
  }
}

async function run(argv: readonly string[], io: Io): Promise<ExitName> {
  // The fastest answer, for scripts that ask which version is there: nothing else is loaded for it.
  if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) return printVersion(io);
  const { parseArguments } = await import('./commands/parse.ts');
  const parsed = await parseArguments(argv, { now: io.now() });
  if (parsed.kind === 'version') return printVersion(io);
  if (parsed.kind !== 'run') {
    const { commandHelp } = await import('./commands/help.ts');
    // Without a command there is nothing to do, and a script that forgot one must not go on.
    const output = parsed.kind === 'empty' ? io.stderr : io.stdout;
    await output.write(
      await commandHelp(parsed.kind === 'help' ? parsed.name : undefined, io.stdout.columns),
    );
    return parsed.kind === 'empty' ? 'usage' : 'done';
  }
  const { App } = await import('./app.ts');
  const { command, input, globals } = parsed.invocation;
  const app = new App(io, globals);
  const result = await unlessInterrupted(app, command.run(app, input));
  await app.print(result);
  return result.exit ?? 'done';
}

async function printVersion(io: Io): Promise<ExitName> {
  await io.stdout.write(`${version}\n`);
  return 'done';
}

/** Ctrl-C ends a command that has not changed anything; one that has goes on to its end. */
function unlessInterrupted<T>(app: { io: Io; hasBegun: boolean }, work: Promise<T>): Promise<T> {
  const { interrupt } = app.io;
  return new Promise((done, fail) => {
    interrupt.addEventListener('abort', () => {
      if (!app.hasBegun) fail(interrupted());
    });
    work.then(done, fail);
  });
}
