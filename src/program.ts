import { App } from './app.ts';
import { asksForJson } from './commands/argv.ts';
import { parseArguments } from './commands/parse.ts';
import type { Failure } from './errors.ts';
import { exits, interrupted } from './errors.ts';
import type { Io } from './io.ts';
import { failureJson, failureText } from './output/error.ts';

/** Runs one command line, and returns the exit code. Throws `KeysError` for every failure that was to be expected. */
export async function run(argv: readonly string[], io: Io, version: string): Promise<number> {
  const parsed = await parseArguments(argv, { now: io.now() });
  if (parsed.kind === 'version') {
    await io.stdout.write(`${version}\n`);
    return exits.done.code;
  }
  if (parsed.kind !== 'run') {
    const { helpPage } = await import('./commands/help.ts');
    // Without a command there is nothing to do, and a script that forgot one must not go on.
    const output = parsed.kind === 'empty' ? io.stderr : io.stdout;
    await output.write(await helpPage(parsed.kind === 'help' ? parsed.name : undefined, io.stdout.columns));
    return exits[parsed.kind === 'empty' ? 'usage' : 'done'].code;
  }
  const { command, input, globals } = parsed.invocation;
  const app = new App(io, globals);
  try {
    const result = await unlessStopped(app.stop, () => command.run(app, input));
    await app.release();
    await app.print(result);
    if (result.kind === 'ended') return result.code;
    if (result.kind === 'rows' && app.stop.aborted) return exits.interrupted.code;
    return exits[result.exit ?? 'done'].code;
  } finally {
    await app.close();
  }
}

/** Ctrl-C ends a command that has not changed anything, or not started; one that has goes on to its end. */
async function unlessStopped<T>(stop: AbortSignal, work: () => Promise<T>): Promise<T> {
  if (stop.aborted) throw interrupted();
  return new Promise((done, fail) => {
    stop.addEventListener('abort', () => fail(interrupted()));
    work().then(done, fail);
  });
}

/** Tells what failed, on stderr: as JSON where that was asked for. */
export async function report(failure: Failure, argv: readonly string[], io: Io): Promise<void> {
  await io.stderr.write(asksForJson(argv) ? failureJson(failure) : failureText(failure)).catch(() => {});
}
