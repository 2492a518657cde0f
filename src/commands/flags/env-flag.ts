import { InvalidValue } from '../../base/errors.ts';
import type { Flag } from '../../cli/define.ts';
import { readSource } from '../../cli/read.ts';

/** An environment variable of another program, and where its value is. */
export interface Binding {
  name: string;
  source: string;
}

export const envFlag: Flag<Binding[]> = {
  syntax: '--env <name=source>',
  help: 'a variable and the source of its value: keychain:NAME, file:PATH or env:PATH#NAME; repeatable',
  repeatable: true,
  offer: 'binding',
  read: readBindings,
};

/** Throws one `InvalidValue` for all problems. The text after `=` may be the secret itself: it is never repeated. */
function readBindings(texts: readonly string[]): Binding[] {
  const bindings: Binding[] = [];
  const faults = texts.length === 0 ? ['at least one NAME=SOURCE is required'] : [];
  for (const [at, text] of texts.entries()) {
    const [, name = '', source = ''] = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/s.exec(text) ?? [];
    if (name === '') {
      faults.push(
        `value ${at + 1} is not NAME=SOURCE; NAME has letters, digits and _, and does not start with a digit`,
      );
    } else if (bindings.some((binding) => binding.name === name)) {
      faults.push(`${name} is given twice`);
    } else {
      faults.push(...faultsOf(name, source));
      bindings.push({ name, source });
    }
  }
  if (faults.length > 0) throw new InvalidValue(...faults);
  return bindings;
}

function faultsOf(name: string, source: string): string[] {
  try {
    readSource(source);
    return [];
  } catch (error) {
    if (!(error instanceof InvalidValue)) throw error;
    return error.messages.map((message) => `${name}: ${message}`);
  }
}
