import { PassThrough, Readable, Writable } from 'node:stream';
import type { Environment } from '../../src/platform/env.ts';
import type { Io, Output } from '../../src/platform/io.ts';

export interface FakeIoOptions {
  cwd: string;
  env: Environment;
  /** Width of a terminal on stdout and stderr; absent: neither is one. */
  terminal?: number;
  stdin?: string | Buffer;
  now?: Date;
  interrupt?: AbortSignal;
  urgent?: AbortSignal;
  /** Makes the n-th write to stdout, from 1, fail with this code. */
  breakStdout?: { at: number; code: string };
}

/** The program's outside world, with streams that are kept. */
export function fakeIo(options: FakeIoOptions): { io: Io; stdout: () => string; stderr: () => string } {
  const stdout = recorder(options.terminal, options.breakStdout);
  const stderr = recorder(options.terminal);
  const stdin = Object.assign(
    options.stdin === undefined ? new PassThrough() : Readable.from([options.stdin]),
    {
      isTTY: options.terminal !== undefined,
    },
  );
  const io: Io = {
    env: options.env,
    cwd: options.cwd,
    stdin,
    stdout: stdout.output,
    stderr: stderr.output,
    interrupt: options.interrupt ?? new AbortController().signal,
    urgent: options.urgent ?? new AbortController().signal,
    endsWith: () => {},
    leaveSignals: () => () => {},
    onHangup: () => () => {},
    suspend: async () => {},
    onContinue: () => () => {},
    now: () => options.now ?? new Date(),
    user: () => 'ada',
    whoami: () => 'ada-workshop',
  };
  return { io, stdout: stdout.text, stderr: stderr.text };
}

function recorder(columns: number | undefined, broken?: { at: number; code: string }) {
  const pieces: string[] = [];
  let writes = 0;
  const take = async (text: string) => {
    writes += 1;
    if (writes === broken?.at) throw Object.assign(new Error('broken'), { code: broken.code });
    pieces.push(text);
  };
  const stream = new Writable({
    write: (chunk, _, done) => {
      pieces.push(String(chunk));
      done();
    },
  });
  const output: Output = {
    isTTY: columns !== undefined,
    columns,
    rows: columns === undefined ? undefined : 40,
    write: take,
    fault: async () => undefined,
    stream,
  };
  return { output, text: () => pieces.join('') };
}
