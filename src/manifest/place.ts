import { resolve, sep } from 'node:path';
import { InvalidValue } from '../base/errors.ts';
import { looksLikeSecret } from '../base/secret.ts';
import { shellWord } from '../base/shell-word.ts';
import type { Environment } from '../platform/env.ts';

/*
 * A place (`to:`) as the file has it, made whole: variables of the environment filled in, and paths absolute. What a variable
 * holds stays one part of the place: it adds no argument to a command, and no secret to anything.
 */

export interface PlaceContext {
  env: Environment;
  /** That of the file, which its relative paths start from. */
  folder: string;
  /** Throws `InvalidValue` for a text that is no sink. */
  checkSink(text: string): void;
  /** Leaves a place as it is written if a variable of it is not set. */
  leavesUnset?: boolean;
  /** Whether a path that begins with two slashes is on another machine, as on Windows. Default: as here. */
  hasShares?: boolean;
}

export interface FilledPlace {
  /** With absolute paths. */
  whole: string;
  /** With its variables filled in, and paths as they are written. */
  written: string;
}

/** A variable of the environment that a place needs. */
export class UnsetVariable extends InvalidValue {
  readonly variable: string;

  constructor(variable: string, problem: string) {
    super(`needs the variable ${variable}, which is ${problem}; export ${variable}=…`);
    this.variable = variable;
  }
}

/** Throws `InvalidValue`, and `UnsetVariable` if a variable is not set. */
export function filledPlace(
  text: string,
  { env, folder, checkSink, hasShares = sep === '\\' }: PlaceContext,
): FilledPlace {
  if (looksLikeSecret(text)) throw new InvalidValue(secretFault);
  const place = withVariables(text, env);
  if (place === 'stdout' || place === 'clipboard')
    throw new InvalidValue(`is ${place}, which keeps nothing; write a sink such as env:.env#API_KEY`);
  checkSink(place);
  if (hasShares && /^(?:file|env):[\\/]{2}/.test(place)) throw new InvalidValue(shareFault);
  return { whole: withAbsolutePath(place, folder), written: place };
}

/** Windows logs in to each machine whose share is read, and a file that is only proposed must not choose one. */
const shareFault = 'begins with two slashes, and so is on another machine; write a path of this one';

function withAbsolutePath(place: string, folder: string): string {
  const [, kind = '', path = '', rest = ''] = /^(file:|env:)(.*?)((?:#[^#]*)?)$/s.exec(place) ?? [];
  if (kind === 'file:') return `${kind}${resolve(folder, inHome(`${path}${rest}`))}`;
  if (kind === 'env:') return `${kind}${resolve(folder, inHome(path))}${rest}`;
  return place.replace(
    /^exec:(\s*)(\.{1,2}\/[^\s'"\\]*)/,
    (_, gap: string, program: string) => `exec:${gap}${shellWord(resolve(folder, program))}`,
  );
}

function inHome(path: string): string {
  const [, name] = /^\$([A-Za-z_]\w*)/.exec(path) ?? [];
  if (name !== undefined)
    throw new InvalidValue(
      `begins with $${name}, which keys does not fill in; write \${${name}}, or ./$${name} for a file of that name`,
    );
  if (path === '~' || path.startsWith('~/'))
    throw new InvalidValue(`begins with ~, which keys does not fill in; write \${HOME}${path.slice(1)}`);
  return path;
}

/** One variable, or dollars that stand for one less. */
const reference = /(\$+)\{([^{}]*\}?)/g;

/** The text with its variables filled in. */
function withVariables(text: string, env: Environment): string {
  const isCommand = text.startsWith('exec:');
  return text.replace(reference, (whole, dollars: string, inner: string) => {
    if (dollars.length > 1) return whole.slice(1);
    const [, name] = /^([A-Za-z_]\w*)\}$/.exec(inner) ?? [];
    if (name === undefined)
      throw new InvalidValue(`has a \${ that begins no variable; write \${NAME}, or $\${ for the text \${`);
    return variable(name, env, isCommand);
  });
}

function variable(name: string, env: Environment, isInCommand: boolean): string {
  const value = env[name];
  if (value === undefined || value === '') throw new UnsetVariable(name, value === '' ? 'empty' : 'not set');
  const holds = whyItHoldsSecret(name, value);
  if (holds)
    throw new InvalidValue(`refers to the variable ${name}, which ${holds}; a place must not contain one`);
  if (/[\0-\x1f\x7f]/.test(value))
    throw new InvalidValue(`refers to the variable ${name}, which has a control character in it`);
  if (isInCommand && !/^[\w@%+=:,./-]+$/.test(value))
    throw new InvalidValue(
      `refers to the variable ${name} in a command, where its value may have no spaces, quotes or other special characters`,
    );
  return value;
}

/** What names of variables end with that hold secrets of other programs, which no pattern recognises by their value. */
const secretName =
  /(?:^|_)(?:TOKEN|SECRETS?|PAT|KEY|PASSPHRASE|CREDENTIALS?|AUTH|COOKIE)$|APIKEY$|PASSW(?:OR)?D$/i;

/** `//user:password@`. */
const passwordInUrl = /\/\/[^/\s@]*:[^/\s@]+@/;

/** A plan shows places, to everyone who reads the log of a job: a proposed change of the file must not choose what they see. */
function whyItHoldsSecret(name: string, value: string): string | undefined {
  if (looksLikeSecret(value) || passwordInUrl.test(value) || /^(?:KEYS_TOKEN|PGPASSWORD)$/i.test(name))
    return 'holds a secret';
  return secretName.test(name) ? 'by its name holds a secret' : undefined;
}

/** What is said of a secret: everyone who can read the file has it. */
export const secretFault = 'looks like the secret of a key; remove it, and replace that key: keys rotate';

/** A text that is no place: `$${` stands for `${`, and a variable is refused. Throws `InvalidValue`. */
export function literalText(text: string): string {
  if (looksLikeSecret(text)) throw new InvalidValue(secretFault);
  return text.replace(/(\$+)\{/g, (whole, dollars: string) => {
    if (dollars.length === 1)
      throw new InvalidValue(`has a variable, which only places (to:) may have; write $\${ for the text \${`);
    return whole.slice(1);
  });
}

/** The text as the file must have it to be read as it is. */
export function escapedText(text: string): string {
  return text.replace(/\$+\{/g, (whole) => `$${whole}`);
}
