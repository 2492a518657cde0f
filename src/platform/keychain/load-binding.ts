import { readFileSync } from 'node:fs';
import type * as Keyring from '@napi-rs/keyring';

export type Binding = typeof Keyring;

/** What decides which native part is loaded. */
export interface Machine {
  platform: string;
  arch: string;
  env: Readonly<Record<string, string | undefined>>;
  /** The text of the program that tells glibc from musl. Throws if there is none. */
  readLdd: () => string;
}

const thisMachine: Machine = {
  platform: process.platform,
  arch: process.arch,
  env: process.env,
  readLdd: () => readFileSync('/usr/bin/ldd', 'utf8'),
};

/**
 * The native part of the keychain's binding. Its package looks for it in many places, which takes longer than loading
 * it; where it is known which one the package would find, that is loaded itself, and the package if it is not there.
 */
export async function loadBinding(): Promise<Binding> {
  const load = nativePartFor(thisMachine);
  return load ? load().catch(() => import('@napi-rs/keyring')) : import('@napi-rs/keyring');
}

/** Undefined where the package has to decide: by a setting of its own, without glibc, or on another system. */
export function nativePartFor(machine: Machine): (() => Promise<Binding>) | undefined {
  const part = machine.platform === 'linux' ? nativeParts[machine.arch] : undefined;
  const hasSettings = Object.keys(machine.env).some((name) => name.startsWith('NAPI_RS_'));
  return part && !hasSettings && hasGlibc(machine) ? part : undefined;
}

const nativeParts: Readonly<Record<string, () => Promise<Binding>>> = {
  x64: () => import('@napi-rs/keyring-linux-x64-gnu'),
  arm64: () => import('@napi-rs/keyring-linux-arm64-gnu'),
};

/** The first question of the package itself. If it has no answer, the package asks others. */
function hasGlibc({ readLdd }: Machine): boolean {
  try {
    return !readLdd().includes('musl');
  } catch {
    return false;
  }
}
