import type { Secret } from '../base/secret.ts';
import type { Sink } from '../keys/ports.ts';
import type { Environment } from '../platform/env.ts';
import type { SinkSpec } from './sink-spec.ts';

/** What sinks need of the world. */
export interface SinkContext {
  /** What relative paths mean. */
  cwd: string;
  env: Environment;
  /** Milliseconds for another program. */
  timeout: number;
  /** A secret may be written into a git work tree that does not ignore it. */
  allowInGit: boolean;
  keychain: () => Promise<SinkKeychain>;
  /** Under each account of the keychain, the profile whose key it holds. */
  owners: () => Promise<Pick<SinkKeychain, 'read' | 'write'>>;
  /** The profile whose key is delivered. */
  owner: () => Promise<string>;
  /** The place of a profile's session token. Throws `KeysError` where it has none. */
  session: (profile: string) => Promise<SessionPlace>;
  note: (text: string) => Promise<void>;
  platform: NodeJS.Platform;
}

/** What is asked of a keychain; `tokens/keychain.ts` has one. */
export interface SinkKeychain {
  describe(): string;
  read(account: string): Promise<string | undefined>;
  write(account: string, value: string): Promise<void>;
  remove(account: string): Promise<boolean>;
  probe(): Promise<void>;
}

export interface SessionPlace {
  /** Throws `KeysError` unless `write` can be expected to succeed. */
  check(): Promise<void>;
  /** Reads back what was written. */
  write(token: Secret): Promise<void>;
  read(): Promise<Secret | undefined>;
  /** Removes what a process left that was killed while it wrote. */
  removeLeftovers(): Promise<void>;
}

export type PlaceSpec = Exclude<SinkSpec, { kind: 'stdout' }>;

/** Opens the sinks that were named, in order. Only the code of those that are used is loaded. */
export function openSinks(specs: readonly PlaceSpec[], context: SinkContext): Promise<Sink[]> {
  return Promise.all(specs.map((spec) => openSink(spec, context)));
}

async function openSink(spec: PlaceSpec, context: SinkContext): Promise<Sink> {
  const { text } = spec;
  switch (spec.kind) {
    case 'file':
      return (await import('./file-sink.ts')).fileSink(text, spec.path, context);
    case 'env':
      return (await import('./env-sink.ts')).envSink(text, spec.path, spec.variable, context);
    case 'keychain':
      return (await import('./keychain-sink.ts')).keychainSink(text, spec.account, context);
    case 'clipboard':
      return (await import('./clipboard-sink.ts')).clipboardSink(text, context);
    case 'login':
      return (await import('./login-sink.ts')).loginSink(text, spec.profile, context);
    case 'exec':
      return (await import('./exec-sink.ts')).execSink(text, spec.command, context);
    case 'preset':
      return (await import('./preset-sink.ts')).presetSink(text, spec.preset, spec.parts, context);
  }
}
