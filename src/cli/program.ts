import { App } from '../app/app.ts';
import { exits } from '../base/error-codes.ts';
import type { Failure } from '../base/errors.ts';
import { KeysError, systemCode } from '../base/errors.ts';
import { harmlessJson, harmlessLines } from '../output/ci-log.ts';
import { failureJson, failureText } from '../output/error.ts';
import { endChildren } from '../platform/children.ts';
import type { Interruption } from '../platform/interruption.ts';
import type { Io } from '../platform/io.ts';
import { asksForJson } from './argv.ts';
import type { Catalog } from './catalog.ts';
import { parseArguments } from './parse.ts';

/** What a command line is run with, besides the outside world. */
export interface Program {
  catalog: Catalog;
  version: string;
}

/** Runs one command line and returns the exit code. Throws `KeysError` for every expected failure. */
export async function run(argv: readonly string[], io: Io, { catalog, version }: Program): Promise<number> {
  const parsed = await parseArguments(argv, catalog, { now: io.now() });
  if (parsed.kind === 'version') {
    await io.stdout.write(`${version}\n`);
    return exits.done.code;
  }
  if (parsed.kind !== 'run') {
    const { helpPage } = await import('./help.ts');
    // Without a command there is nothing to do, and a script that forgot one must not go on.
    const output = parsed.kind === 'empty' ? io.stderr : io.stdout;
    await output.write(
      await helpPage(catalog, parsed.kind === 'help' ? parsed.name : undefined, io.stdout.columns),
    );
    return exits[parsed.kind === 'empty' ? 'usage' : 'done'].code;
  }
  const { command, input, globals } = parsed.invocation;
  const app = new App(io, globals);
  onInterruption(app);
  try {
    const { interruption } = app;
    const result = await unlessDropped(interruption, () => command.run(app, input));
    await app.flush();
    await app.print(result).catch((error: unknown) => {
      // Whoever reads stdout has seen enough; what was done, or found, is the exit code all the same.
      if (systemCode(error) !== 'EPIPE') throw error;
    });
    if (result.kind === 'ended') return result.code;
    if (result.kind === 'rows' && interruption.dropped.aborted) return exits.interrupted.code;
    return exits[result.exit ?? 'done'].code;
  } catch (error) {
    // Where the waiting for an answer was broken off, only this place knows what had been done before.
    if (error instanceof KeysError && error.failure.exit === 'interrupted') throw app.interruption.failure();
    throw error;
  } finally {
    await app.close();
  }
}

/** Milliseconds that a program which takes a secret has, once somebody asks for an end. */
const lastCall = 10_000;

/** Programs that do a part of the work hear nothing of Ctrl-C: they are ended from here, when it is time. */
function onInterruption(app: App): void {
  const { interruption } = app;
  interruption.stop.addEventListener('abort', endChildren);
  interruption.asked.addEventListener('abort', () => {
    if (!interruption.hasBegun) return;
    setTimeout(endChildren, lastCall).unref();
    // Where errors are JSON, stderr has no room for it.
    if (app.interactive && !/^(nd)?json$/.test(app.output.format ?? ''))
      void app.note('finishing what has begun; press Ctrl-C again to stop waiting for it');
  });
}

/** Ctrl-C ends a command that has not changed anything, or not started; one that has goes on to its end. */
async function unlessDropped<T>(interruption: Interruption, work: () => Promise<T>): Promise<T> {
  const { dropped } = interruption;
  if (dropped.aborted) throw interruption.failure();
  return new Promise((done, fail) => {
    dropped.addEventListener('abort', () => fail(interruption.failure()));
    work().then(done, fail);
  });
}

/** Tells what failed, on stderr: as JSON where that was asked for. */
export async function report(failure: Failure, argv: readonly string[], io: Io): Promise<void> {
  const withFix = await withHints(failure);
  const text = asksForJson(argv)
    ? harmlessJson(failureJson(withFix), io.env)
    : harmlessLines(failureText(withFix), io.env);
  await io.stderr.write(text).catch(() => {});
}

/** A failure that comes without hints gets those of its code. They are loaded only then, and are no reason to fail. */
async function withHints(failure: Failure): Promise<Failure> {
  if (failure.hints && failure.hints.length > 0) return failure;
  const reference = await import('../base/error-reference/error-reference.ts').catch(() => undefined);
  const fix = reference?.errorReference[failure.code].fix ?? [];
  return { ...failure, hints: fix.filter((hint) => !hint.includes('<')) };
}
