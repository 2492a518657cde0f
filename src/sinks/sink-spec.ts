import { InvalidValue } from '../base/errors.ts';
import type { PresetName } from './presets.ts';
import { isPreset, presets, readPlace } from './presets.ts';
import { splitCommand } from './split-command.ts';

/** A `--to` as it was parsed. */
export type SinkSpec =
  | { kind: 'stdout'; text: string }
  | { kind: 'file'; text: string; path: string }
  | { kind: 'env'; text: string; path: string; variable: string }
  | { kind: 'keychain'; text: string; account: string }
  | { kind: 'clipboard'; text: string }
  /** The session token of a profile. */
  | { kind: 'login'; text: string; profile: string }
  /** A program and its arguments; `{name}` and `{id}` are still to be filled in. */
  | { kind: 'exec'; text: string; command: readonly string[] }
  | { kind: 'preset'; text: string; preset: PresetName; parts: readonly string[] };

/** The kinds of sink, with what `keys help sinks` says of them. */
export const sinkKinds: Readonly<Record<string, string>> = {
  stdout: 'standard output; off a terminal, the bare value',
  'file:PATH': 'a file with the value as its only content, mode 0600, replaced as a whole',
  'env:PATH#NAME': 'one variable of a dotenv file, mode 0600; every other byte stays as it is',
  'keychain:NAME': 'the keychain of the system; --from keychain:NAME reads it again',
  'login:PROFILE': 'the session token of a profile, where keys login keeps it',
  clipboard: 'the clipboard, cleared after 45 s if it still holds the value then',
  'exec:COMMAND…':
    'a program, run without a shell, with the value on stdin; {name} and {id} are filled in, outside of code',
  ...Object.fromEntries(Object.entries(presets).map(([kind, { form, help }]) => [`${kind}:${form}`, help])),
};

/** Reads a `--to`. Throws `InvalidValue`; nothing is looked up yet. */
export function parseSink(text: string): SinkSpec {
  if (text === 'stdout' || text === 'clipboard') return { kind: text, text };
  const [, kind = '', rest = ''] = /^([a-z-]+):(.*)$/s.exec(text) ?? [];
  if (isPreset(kind)) return { kind: 'preset', text, preset: kind, parts: readPlace(kind, rest) };
  const parse = Object.hasOwn(parsers, kind) ? parsers[kind] : undefined;
  if (parse) return parse(text, rest);
  throw new InvalidValue(`'${text}' is not a sink: write ${Object.keys(sinkKinds).join(', ')}`);
}

const parsers: Readonly<Record<string, (text: string, rest: string) => SinkSpec>> = {
  file: (text, path) => ({
    kind: 'file',
    text,
    path: nonEmpty(text, path, 'names no file: write file:PATH'),
  }),
  env: parseEnvSink,
  keychain: (text, account) => ({
    kind: 'keychain',
    text,
    account: nonEmpty(text, account, 'names nothing: write keychain:NAME'),
  }),
  login: (text, profile) => ({
    kind: 'login',
    text,
    profile: nonEmpty(text, profile, 'names no profile: write login:PROFILE'),
  }),
  exec: (text, rest) => {
    const command = splitCommand(rest);
    nonEmpty(text, command[0] ?? '', 'names no program: write exec:COMMAND');
    return { kind: 'exec', text, command };
  },
};

function nonEmpty(text: string, value: string, fault: string): string {
  if (value === '') throw new InvalidValue(`'${text}' ${fault}`);
  return value;
}

function parseEnvSink(text: string, rest: string): SinkSpec {
  const [, path, variable] = /^(.+)#([^#]*)$/s.exec(rest) ?? [];
  if (!path || !variable) throw new InvalidValue(`'${text}' is incomplete: write env:PATH#NAME`);
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(variable)) {
    throw new InvalidValue(`'${variable}' is not a variable's name: letters, digits and _, no digit first`);
  }
  return { kind: 'env', text, path, variable };
}
