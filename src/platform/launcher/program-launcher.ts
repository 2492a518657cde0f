import { closeSync, constants, existsSync, openSync, readlinkSync } from 'node:fs';
import { endChildren } from '../children.ts';
import type { Environment } from '../env.ts';
import { outputPipes } from '../filled-pipe.ts';
import { readLines } from '../keychain/read-lines.ts';
import type { Ends, Outcome } from '../supervise-program.ts';
import { superviseProgram } from '../supervise-program.ts';
import type { LauncherOrder, LauncherReply, LaunchRequest } from './protocol.ts';

/*
 * An entry of the bundle: the process that starts programs for the one that started it (`launcher.ts`), whose id is its
 * argument. If that one is killed, it ends too, and the programs run on, as they would without it: it ends by a signal,
 * which runs no code that would end them.
 */

const parent = Number(process.argv[2]);
let lastEnv: Environment = {};

// A signal to the whole process group is meant for the parent, which knows what may be interrupted.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => {});
readLines(process.stdin, (line) => obey(JSON.parse(line)));
const endAlone = () => void process.kill(process.pid, 'SIGKILL');
process.stdin.on('end', endAlone).on('error', endAlone);
// The parent has ended: what it said last is still to be read.
process.stdout.on('error', () => {});
reply('ready');

function obey(order: LauncherOrder): void {
  if (order === 'exit') process.exit();
  if (order === 'end') {
    endChildren();
    return;
  }
  const { id, env = lastEnv } = order;
  lastEnv = env;
  void launch(order, env).then(
    (outcome) => reply(outcome ? { id, outcome } : { id, refused: true }),
    (error: Error) => reply({ id, message: error.message }),
  );
}

/** Undefined if the program cannot be run here. */
async function launch(request: LaunchRequest, env: Environment): Promise<Outcome | undefined> {
  const { id, stdin: descriptor } = request;
  if (!existsSync(request.cwd)) return undefined;
  const run = (ends: Ends) => superviseProgram({ ...request, env }, ends, (pid) => reply({ id, pid }));
  if (descriptor === undefined) return run({ stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' });
  const outputs = await outputPipes();
  if (!outputs) return undefined;
  const [stdout, stderr] = outputs;
  const stdin = openInput(descriptor);
  if (stdin === undefined) {
    for (const { reader, writer } of outputs) [reader, writer].forEach(closeSync);
    return undefined;
  }
  try {
    return await run({ stdin, stdout, stderr });
  } finally {
    closeSync(stdin);
  }
}

/** The parent's pipe. Undefined if it is something else, such as a pipe that had a name, which cannot be opened again. */
function openInput(descriptor: number): number | undefined {
  const path = `/proc/${parent}/fd/${descriptor}`;
  let end: number | undefined;
  try {
    if (!readlinkSync(path).startsWith('pipe:')) return undefined;
    end = openSync(path, constants.O_RDONLY);
    // After the parent's end, its id may be another process's.
    if (process.ppid === parent) return end;
  } catch {
    // The system hides the descriptors of processes.
  }
  if (end !== undefined) closeSync(end);
  return undefined;
}

function reply(message: LauncherReply): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}
