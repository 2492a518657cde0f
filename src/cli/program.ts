import { App } from '../app/app.ts';
import { exits } from '../base/error-codes.ts';
import type { Failure } from '../base/errors.ts';
import { KeysError, systemCode, usageError } from '../base/errors.ts';
import { harmlessJson, harmlessLines } from '../output/ci-log.ts';
import { failureJson, failureLines } from '../output/error.ts';
import type { Result } from '../output/present.ts';
import { endChildren } from '../platform/children.ts';
import { agentIn } from '../platform/env.ts';
import type { Interruption } from '../platform/interruption.ts';
import type { Io, Output } from '../platform/io.ts';
import { asksForJson, withoutColor } from './argv.ts';
import type { Catalog } from './catalog.ts';
import type { Flags, Input } from './define.ts';
import type { Manual } from './help.ts';
import type { Invocation } from './parse.ts';
import { parseArguments } from './parse.ts';

/** What `run` needs besides a command line and the outside world. */
export interface Program {
  catalog: Catalog;
  /** Loaded only for help. */
  manual: () => Promise<Manual>;
  version: string;
}

/** Runs one command line and returns the exit code. Throws `KeysError` for every expected failure. */
export async function run(
  argv: readonly string[],
  io: Io,
  { catalog, manual, version }: Program,
): Promise<number> {
  const parsedLine = await parseArguments(argv, catalog, { now: io.now() });
  if (parsedLine.kind === 'run') return runCommand(parsedLine.invocation, io, argv);
  if (parsedLine.kind === 'version') {
    await io.stdout.write(`${version}\n`);
    return exits.done.code;
  }
  const [{ helpPage }, { terminalOf }] = await Promise.all([
    import('./help.ts'),
    import('../output/style.ts'),
  ]);
  const name = parsedLine.kind === 'help' ? parsedLine.name : undefined;
  // A script that forgot the command must fail.
  const [output, exit] = parsedLine.kind === 'empty' ? [io.stderr, exits.usage] : [io.stdout, exits.done];
  const terminal = await terminalOf(output, io.env, withoutColor(argv), io.now());
  await output.write(await helpPage(await manual(), name, terminal));
  return exit.code;
}

async function runCommand(invocation: Invocation, io: Io, argv: readonly string[]): Promise<number> {
  const { command, input, globals, lacking } = invocation;
  const app = new App(io, globals, argv);
  const { interruption } = app;
  onInterruption(app);
  try {
    const result = await unlessDropped(interruption, async () =>
      command.run(app, lacking.length === 0 ? input : await completeInput(app, invocation)),
    );
    if (result.kind !== 'rows' || !result.isWhole) await app.flush();
    await app.print(result).catch((error: unknown) => {
      // The reader of stdout has seen enough. The exit code still tells the outcome.
      if (systemCode(error) !== 'EPIPE') throw error;
    });
    await app.flush();
    return exitCodeOf(result, interruption);
  } catch (error) {
    // The code that was waiting cannot know whether the command had changed something before.
    if (error instanceof KeysError && error.failure.exit === 'interrupted') throw interruption.failure();
    if (error instanceof KeysError && error.failure.missingKeys) {
      const { withNearKeys } = await import('../app/near-keys.ts');
      throw await withNearKeys(app, error);
    }
    throw error;
  } finally {
    await app.close();
  }
}

/** The input with the operands that a person has chosen. Throws `KeysError` (2) where no one can be asked. */
async function completeInput(app: App, { name, command, input, lacking }: Invocation): Promise<Input<Flags>> {
  const help = `keys help ${name}`;
  const obstacle = app.promptObstacle ?? whyNotToAsk(app);
  if (obstacle !== undefined)
    throw usageError(
      lacking.map(({ problem }) => `${problem}, and cannot prompt: ${obstacle}`),
      help,
    );
  const { chooseOperands } = await import('../app/choose-operands.ts');
  const operands = [...input.operands];
  const db = 'db' in input && typeof input.db === 'string' ? input.db : undefined;
  for (const { kind, several } of lacking)
    operands.push(...(await chooseOperands(app, { kind, several, offers: command.offers, db })));
  const completed = { ...input, operands };
  const problems = command.problems?.(completed) ?? [];
  if (problems.length > 0) throw usageError(problems, help);
  return completed;
}

/** A script that says --yes, and a coding agent, expect an error at once where a word is missing. */
function whyNotToAsk({ globals, io }: App): string | undefined {
  if (globals.yes) return '--yes is set';
  const agent = agentIn(io.env);
  return agent && `${agent} is set`;
}

function exitCodeOf(result: Result, { dropped }: Interruption): number {
  if (result.kind === 'ended') return result.code;
  if (result.kind === 'rows' && dropped.aborted) return exits.interrupted.code;
  const { exit = 'done' } = result;
  return exits[typeof exit === 'function' ? exit() : exit].code;
}

/** How long after Ctrl-C a program may take to receive a secret. */
const childDeadlineMs = 10_000;

/** Child programs do not receive Ctrl-C: they are ended from here when it is time, as long as the command runs. */
function onInterruption(app: App): void {
  const { stop, asked } = app.interruption;
  let deadline: NodeJS.Timeout | undefined;
  const finish = () => {
    if (!app.interruption.hasBegun) return;
    deadline = setTimeout(endChildren, childDeadlineMs).unref();
    // With JSON errors, stderr must stay a single document.
    if (app.interactive && !/^(nd)?json$/.test(app.output.format ?? ''))
      void app.note('finishing what was started; press Ctrl-C again to stop waiting');
  };
  stop.addEventListener('abort', endChildren);
  asked.addEventListener('abort', finish);
  app.atEnd(async () => {
    clearTimeout(deadline);
    stop.removeEventListener('abort', endChildren);
    asked.removeEventListener('abort', finish);
  });
}

/** Ctrl-C drops a command that has changed nothing yet; otherwise the command runs to its end. */
async function unlessDropped<T>(interruption: Interruption, work: () => Promise<T>): Promise<T> {
  const { dropped } = interruption;
  if (dropped.aborted) throw interruption.failure();
  return new Promise((resolve, reject) => {
    dropped.addEventListener('abort', () => reject(interruption.failure()));
    work().then(resolve, reject);
  });
}

/** Prints a failure on stderr, as JSON if the command line asks for it. */
export async function report(failure: Failure, argv: readonly string[], io: Io): Promise<void> {
  const withFix = await withHints(failure);
  const text = asksForJson(argv)
    ? harmlessJson(failureJson(withFix), io.env)
    : harmlessLines(`${(await wrapped(failureLines(withFix), io.stderr)).join('\n')}\n`, io.env);
  await io.stderr.write(text).catch(() => {});
}

/** On a terminal, the lines at its width. What sets them is loaded only then, and no reason to fail. */
async function wrapped(lines: readonly string[], stderr: Output): Promise<readonly string[]> {
  if (!stderr.isTTY) return lines;
  const wrapping = import('../output/wrap-message.ts');
  return wrapping
    .then(({ wrapMessage }) => Promise.all(lines.map((line) => wrapMessage(line, stderr))))
    .catch(() => lines);
}

/** A failure that comes without hints gets those of its code. They are loaded only then, and are no reason to fail. */
async function withHints(failure: Failure): Promise<Failure> {
  if (failure.hints && failure.hints.length > 0) return failure;
  const reference = await import('../base/error-reference/error-reference.ts').catch(() => undefined);
  const fix = reference?.errorReference[failure.code].fix ?? [];
  return { ...failure, hints: fix.filter((hint) => !hint.includes('<')) };
}
