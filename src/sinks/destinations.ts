import { resolve } from 'node:path';
import { usageError } from '../base/errors.ts';
import type { Sink } from '../keys/ports.ts';
import { agentIn, ciIn } from '../platform/env.ts';
import type { Io } from '../platform/io.ts';
import type { SinkContext } from './context.ts';
import type { PlaceSpec } from './open-sinks.ts';
import { openSinks } from './open-sinks.ts';
import type { SinkSpec } from './sink-spec.ts';
import type { Present } from './stdout-sink.ts';
import { bareSink, recordSink } from './stdout-sink.ts';

export interface Destination {
  sinks: readonly Sink[];
  /** The record of the key is printed together with its secret, by the `stdout` sink. */
  presented: boolean;
  /** Nothing but the bare value may stand on stdout. */
  bare: boolean;
}

export interface DestinationRequest {
  to: readonly SinkSpec[];
  secretOnly: boolean;
  /** The format of the record; undefined where none was asked for. */
  format: string | undefined;
  /** The fields chosen for the record; undefined: all. */
  fields: readonly string[] | undefined;
  present: Present;
  context: SinkContext;
  /** What has the secret, for messages; absent: `key`. */
  noun?: string;
}

/**
 * Where the secret of a new key goes, and in which form. This is the one place that decides whether a secret may be
 * printed: on a terminal, set apart; off it only where a structured format, `--secret-only` or `--to stdout` asks for
 * it. Everything else is refused (exit 2): a CI log must not get a secret by default. stdout comes last: what is
 * printed cannot be taken back, and by then it is known who else has the secret.
 */
export async function resolveDestination(io: Io, request: DestinationRequest): Promise<Destination> {
  const { to, secretOnly, format, noun = 'key' } = request;
  const toStdout = to.some(({ kind }) => kind === 'stdout');
  requireOwnFiles(to, request.context.cwd);
  const sinks = await openSinks(to.filter(isPlace), request.context);
  if (secretOnly) {
    if (format !== undefined)
      throw usageError(`--secret-only prints no record: leave out --format ${format}`);
    return { sinks: [...sinks, bareSink(io)], presented: false, bare: true };
  }
  if (to.length > 0 && !toStdout) return { sinks, presented: false, bare: false };
  if (showsSecret(io, format) || (toStdout && format !== undefined)) {
    if (request.fields && !request.fields.includes('secret')) throw secretLeftOut(request.fields, noun);
    return { sinks: [...sinks, recordSink(io, request.present)], presented: true, bare: false };
  }
  if (toStdout) return { sinks: [...sinks, bareSink(io)], presented: false, bare: true };
  throw usageError(
    `${readerOf(io)}, and nothing says where the secret of the new ${noun} goes; no ${noun} was created`,
    'choose a place with --to file:PATH or --to env:PATH#NAME (keys help sinks)',
    'or print it: --json for the record with its secret, --secret-only for the bare value',
  );
}

/** Refuses a file that is to hold the bare value and something else besides: the later one would spoil the earlier. */
function requireOwnFiles(to: readonly SinkSpec[], cwd: string): void {
  const whole = new Set(to.flatMap((spec) => (spec.kind === 'file' ? [resolve(cwd, spec.path)] : [])));
  const shared = to.find((spec) => spec.kind === 'env' && whole.has(resolve(cwd, spec.path)));
  if (!shared) return;
  throw usageError(
    `${shared.text} is in the file that is to hold the bare value: no key was created`,
    'give each of the two a file of its own',
  );
}

function isPlace(spec: SinkSpec): spec is PlaceSpec {
  return spec.kind !== 'stdout';
}

function secretLeftOut(fields: readonly string[], noun: string) {
  return usageError(
    `--json leaves out the field secret, and it could never be shown again; no ${noun} was created`,
    `--json ${[...fields, 'secret'].join(',')}`,
    'or choose a place with --to file:PATH or --to env:PATH#NAME (keys help sinks)',
  );
}

/** Why this is no terminal for a person. */
function readerOf({ env, stdout }: Io): string {
  if (!stdout.isTTY) return 'stdout is not a terminal';
  const agent = agentIn(env);
  if (agent) return `a coding agent (${agent} is set) reads this terminal`;
  return `this terminal is the log of a CI job (${ciIn(env)} is set)`;
}

/**
 * Whether stdout gets the secret without `--to stdout` or `--secret-only`: as a part of the record. What a coding agent
 * reads ends up in its transcript, and with its provider; what a CI job prints, in its log: such a terminal counts as a
 * pipe.
 */
export function showsSecret(io: Io, format: string | undefined): boolean {
  const isForPeople = io.stdout.isTTY && agentIn(io.env) === undefined && ciIn(io.env) === undefined;
  return isForPeople || format === 'json' || format === 'ndjson' || format === 'yaml';
}
