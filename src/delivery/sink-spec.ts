import { InvalidValue } from '../errors.ts';

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
