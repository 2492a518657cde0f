import { InvalidValue } from '../base/errors.ts';
import { nearest } from '../base/nearest.ts';
import { looksLikeSecret } from '../base/secret.ts';
import type { PresetName } from './presets.ts';
import { isPreset, presets, readPlace } from './presets.ts';
import { splitCommand } from './split-command.ts';

/** A parsed `--to`. */
export type SinkSpec =
  | { kind: 'stdout'; text: string }
  | { kind: 'file'; text: string; path: string }
  | { kind: 'env'; text: string; path: string; variable: string }
  | { kind: 'keychain'; text: string; account: string }
  | { kind: 'clipboard'; text: string }
  /** The session token of a profile. */
  | { kind: 'login'; text: string; profile: string }
  /** A program and its arguments, with `{name}` and `{id}` not filled in yet. */
  | { kind: 'exec'; text: string; command: readonly string[] }
  | { kind: 'preset'; text: string; preset: PresetName; parts: readonly string[] };

/** The kinds of sink, with their descriptions in `keys help sinks`. */
export const sinkKinds: Readonly<Record<string, string>> = {
  stdout: 'standard output; the secret alone if that is not a terminal',
  'file:PATH': 'a file that contains only the secret; mode 0600, replaced atomically',
  'env:PATH#NAME': 'one variable of a dotenv file; mode 0600, every other byte is kept',
  'keychain:NAME': 'the keychain of the system; read it with --from keychain:NAME',
  'login:PROFILE': 'the session token of a profile, in the store that keys login used',
  clipboard: 'the clipboard, cleared after 45 s if it still holds the secret',
  'exec:COMMAND…':
    'a program, run without a shell, with the secret on stdin; {name} and {id} are filled in, but not inside code',
  ...Object.fromEntries(Object.entries(presets).map(([kind, { form, help }]) => [`${kind}:${form}`, help])),
};

/** Parses a `--to` without looking anything up. Throws `InvalidValue`. */
export function parseSink(text: string): SinkSpec {
  if (text === 'stdout' || text === 'clipboard') return { kind: text, text };
  const [, kind = '', rest = ''] = /^([a-z-]+):(.*)$/s.exec(text) ?? [];
  if (isPreset(kind)) return { kind: 'preset', text, preset: kind, parts: readPlace(kind, rest) };
  const parse = Object.hasOwn(parsers, kind) ? parsers[kind] : undefined;
  if (parse) return parse(text, rest);
  const meant = meantSink(text, kind, rest);
  throw new InvalidValue(
    meant === undefined
      ? `'${text}' is not a sink; expected ${Object.keys(sinkKinds).join(', ')}`
      : `'${text}' is not a sink (did you mean ${meant}?)`,
  );
}

/** A kind that is misspelt, or a path without its kind. */
function meantSink(text: string, kind: string, rest: string): string | undefined {
  const kinds = Object.keys(sinkKinds).map((form) => form.replace(/:.*$/s, ''));
  if (kind !== '') {
    const near = nearest(kind, kinds);
    return near && `${near}:${rest}`;
  }
  if (looksLikeSecret(text) || /[\s:]/.test(text)) return undefined;
  if (/(?:^|\/)\.env(?:\.[\w.-]+)?$/.test(text)) return `env:${text}#NAME`;
  return /[./]/.test(text) ? `file:${text}` : nearest(text, ['stdout', 'clipboard']);
}

const parsers: Readonly<Record<string, (text: string, rest: string) => SinkSpec>> = {
  file: (text, path) => ({
    kind: 'file',
    text,
    path: nonEmpty(text, path, 'has no path; expected file:PATH'),
  }),
  env: parseEnvSink,
  keychain: (text, account) => ({
    kind: 'keychain',
    text,
    account: nonEmpty(text, account, 'has no name; expected keychain:NAME'),
  }),
  login: (text, profile) => ({
    kind: 'login',
    text,
    profile: nonEmpty(text, profile, 'has no profile; expected login:PROFILE'),
  }),
  exec: (text, rest) => {
    const command = splitCommand(rest);
    nonEmpty(text, command[0] ?? '', 'has no program; expected exec:COMMAND');
    return { kind: 'exec', text, command };
  },
};

function nonEmpty(text: string, value: string, problem: string): string {
  if (value === '') throw new InvalidValue(`'${text}' ${problem}`);
  return value;
}

function parseEnvSink(text: string, rest: string): SinkSpec {
  const [, path, variable] = /^(.+)#([^#]*)$/s.exec(rest) ?? [];
  if (!path || !variable) throw new InvalidValue(`'${text}' is invalid; expected env:PATH#NAME`);
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(variable)) {
    throw new InvalidValue(
      `'${variable}' is not a variable name: use letters, digits and _, and no digit first`,
    );
  }
  return { kind: 'env', text, path, variable };
}
