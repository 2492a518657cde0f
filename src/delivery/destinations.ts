import { InvalidValue, usageError } from '../errors.ts';
import type { Io } from '../io.ts';
import type { Sink } from '../lifecycle/ports.ts';
import { envSink } from './env-sink.ts';
import { fileSink } from './file-sink.ts';
import type { Present } from './stdout-sink.ts';
import { bareSink, recordSink } from './stdout-sink.ts';

/** A `--to` as it was parsed. */
export type SinkSpec =
  | { kind: 'stdout'; text: string }
  | { kind: 'file'; text: string; path: string }
  | { kind: 'env'; text: string; path: string; variable: string };

/** The kinds of sink, with what `keys help sinks` says of them. */
export const sinkKinds = {
  stdout: 'standard output; off a terminal, the bare value',
  'file:PATH': 'a file with the value as its only content, mode 0600, replaced as a whole',
  'env:PATH#NAME': 'one variable of a dotenv file, mode 0600; every other byte stays as it is',
} as const;

/** Reads a `--to`. Throws `InvalidValue`; nothing is looked up yet. */
export function parseSink(text: string): SinkSpec {
  if (text === 'stdout') return { kind: 'stdout', text };
  const [, kind, rest = ''] = /^([a-z-]+):(.*)$/s.exec(text) ?? [];
  if (kind === 'file') {
    if (rest === '') throw new InvalidValue(`'${text}' names no file: write file:PATH`);
    return { kind, text, path: rest };
  }
  if (kind === 'env') return parseEnvSink(text, rest);
  throw new InvalidValue(`'${text}' is not a sink: write ${Object.keys(sinkKinds).join(', ')}`);
}

function parseEnvSink(text: string, rest: string): SinkSpec {
  const [, path, variable] = /^(.+)#([^#]*)$/s.exec(rest) ?? [];
  if (!path || !variable) throw new InvalidValue(`'${text}' is incomplete: write env:PATH#NAME`);
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(variable)) {
    throw new InvalidValue(`'${variable}' is not a variable's name: letters, digits and _, no digit first`);
  }
  return { kind: 'env', text, path, variable };
}

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
  /** What has the secret, for messages; absent: `key`. */
  noun?: string;
}

/**
 * Where the secret of a new key goes, and in which form. This is the one place that decides whether a secret may be
 * printed: on a terminal, set apart; off it only where a structured format, `--secret-only` or `--to stdout` asks for
 * it. Everything else is refused (exit 2): a CI log must not get a secret by default. stdout comes last: what is
 * printed cannot be taken back, and by then it is known who else has the secret.
 */
export function resolveDestination(io: Io, request: DestinationRequest): Destination {
  const { to, secretOnly, format, noun = 'key' } = request;
  const toStdout = to.some(({ kind }) => kind === 'stdout');
  const sinks = to.filter((spec) => spec.kind !== 'stdout').map((spec) => openSink(spec, io.cwd));
  if (secretOnly) {
    if (format !== undefined)
      throw usageError(`--secret-only prints no record: leave out --format ${format}`);
    return { sinks: [...sinks, bareSink(io)], presented: false, bare: true };
  }
  if (to.length > 0 && !toStdout) return { sinks, presented: false, bare: false };
  if (io.stdout.isTTY || carriesSecret(format) || (toStdout && format !== undefined)) {
    if (request.fields && !request.fields.includes('secret')) throw secretLeftOut(request.fields, noun);
    return { sinks: [...sinks, recordSink(request.present)], presented: true, bare: false };
  }
  if (toStdout) return { sinks: [...sinks, bareSink(io)], presented: false, bare: true };
  throw usageError(
    `stdout is not a terminal, and nothing says where the secret of the new ${noun} goes; no ${noun} was created`,
    'choose a place with --to file:PATH or --to env:PATH#NAME (keys help sinks)',
    'or print it: --json for the record with its secret, --secret-only for the bare value',
  );
}

function secretLeftOut(fields: readonly string[], noun: string) {
  return usageError(
    `--json leaves out the field secret, and it could never be shown again; no ${noun} was created`,
    `--json ${[...fields, 'secret'].join(',')}`,
    'or choose a place with --to file:PATH or --to env:PATH#NAME (keys help sinks)',
  );
}

function carriesSecret(format: string | undefined): boolean {
  return format === 'json' || format === 'ndjson' || format === 'yaml';
}

function openSink(spec: Exclude<SinkSpec, { kind: 'stdout' }>, cwd: string): Sink {
  if (spec.kind === 'file') return fileSink(spec.text, spec.path, cwd);
  return envSink(spec.text, spec.path, spec.variable, cwd);
}
