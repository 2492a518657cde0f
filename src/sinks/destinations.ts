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
import { recordSink, secretOnlySink } from './stdout-sink.ts';

export interface Destination {
  /** The sinks besides stdout, in order. */
  places: readonly Sink[];
  /** `record`: with the secret in it; `secret`: the secret and a newline, and nothing else may be on stdout. */
  stdout: 'record' | 'secret' | 'nothing';
  /** All sinks, in order; `present` prints the record, if stdout gets it. */
  sinks(present: Present): readonly Sink[];
}

export interface DestinationRequest {
  to: readonly SinkSpec[];
  secretOnly: boolean;
  /** The format of the record; undefined if none was requested. */
  format: string | undefined;
  /** The fields of the record; undefined: all. */
  fields: readonly string[] | undefined;
  context: SinkContext;
  /** What the secret belongs to, for messages; absent: `key`. */
  noun?: string;
}

/**
 * Where the secret of a new key goes, and in which form. This is the one place that decides whether a secret may be
 * printed: on a terminal, set apart; elsewhere only if a structured format, `--secret-only` or `--to stdout` asks for it.
 * Everything else is refused (exit 2): a CI log must not get a secret by default. stdout comes last: printing cannot be
 * undone, and the outcome of the other sinks is known by then.
 */
export async function resolveDestination(io: Io, request: DestinationRequest): Promise<Destination> {
  const { to, secretOnly, format, noun = 'key' } = request;
  const toStdout = to.some(({ kind }) => kind === 'stdout');
  requireOwnFiles(to, request.context.cwd);
  const places = await openSinks(to.filter(isPlace), request.context);
  if (secretOnly) {
    if (format !== undefined) throw usageError(`--secret-only prints no record: drop --format ${format}`);
    return printingSecret(io, places);
  }
  if (to.length > 0 && !toStdout) return { places, stdout: 'nothing', sinks: () => places };
  if (showsSecret(io, format) || (toStdout && format !== undefined)) {
    if (request.fields && !request.fields.includes('secret'))
      throw secretLeftOut(request.fields, format, noun);
    return { places, stdout: 'record', sinks: (present) => [...places, recordSink(io, present)] };
  }
  if (toStdout) return printingSecret(io, places);
  throw usageError(
    `${readerOf(io)}, and no destination for the secret was given; no ${noun} was created`,
    'choose a sink: --to file:PATH or --to env:PATH#NAME (keys help sinks)',
    // What an agent prints is in its transcript, and with its provider.
    ...(agentIn(io.env)
      ? []
      : ['or print it: --json for the record with its secret, --secret-only for the secret alone']),
  );
}

function printingSecret(io: Io, places: readonly Sink[]): Destination {
  return { places, stdout: 'secret', sinks: () => [...places, secretOnlySink(io)] };
}

/** Refuses a file that is the target of both `file:` and `env:`: the later delivery would spoil the earlier one. */
function requireOwnFiles(to: readonly SinkSpec[], cwd: string): void {
  const whole = new Set(to.flatMap((spec) => (spec.kind === 'file' ? [resolve(cwd, spec.path)] : [])));
  const clashingSpec = to.find((spec) => spec.kind === 'env' && whole.has(resolve(cwd, spec.path)));
  if (!clashingSpec) return;
  throw usageError(
    `${clashingSpec.text} and a file: sink write to the same file; no key was created`,
    'use a different file for each sink',
  );
}

function isPlace(spec: SinkSpec): spec is PlaceSpec {
  return spec.kind !== 'stdout';
}

function secretLeftOut(fields: readonly string[], format: string | undefined, noun: string) {
  return usageError(
    `the selected fields leave out the secret, which could never be shown again; no ${noun} was created`,
    `${format === 'json' ? '--json' : '--fields'} ${[...fields, 'secret'].join(',')}`,
    'or choose a sink: --to file:PATH or --to env:PATH#NAME (keys help sinks)',
  );
}

/** Why no person reads stdout. */
function readerOf({ env, stdout }: Io): string {
  if (!stdout.isTTY) return 'stdout is not a terminal';
  const agent = agentIn(env);
  if (agent) return `a coding agent reads this terminal (${agent} is set)`;
  return `this terminal is a CI log (${ciIn(env)} is set)`;
}

/**
 * Whether stdout gets the secret as a part of the record, without `--to stdout` or `--secret-only`. A terminal of a coding
 * agent or of a CI job counts as a pipe: what the one reads ends up in its transcript and with its provider, what the
 * other prints in its log.
 */
export function showsSecret(io: Io, format: string | undefined): boolean {
  const isForPerson = io.stdout.isTTY && agentIn(io.env) === undefined && ciIn(io.env) === undefined;
  return isForPerson || format === 'json' || format === 'ndjson' || format === 'yaml';
}
