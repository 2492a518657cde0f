import type { Environment } from '../env.ts';
import type { Sink } from '../lifecycle/ports.ts';
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
  warn: (text: string) => Promise<void>;
}

/** What is asked of a keychain; `tokens/keychain.ts` has one. */
export interface SinkKeychain {
  describe(): string;
  read(account: string): Promise<string | undefined>;
  write(account: string, value: string): Promise<void>;
  remove(account: string): Promise<boolean>;
}

export type PlaceSpec = Exclude<SinkSpec, { kind: 'stdout' }>;

/** Opens the sinks that were named, in order. Only the code of those that are used is loaded. */
export function openSinks(specs: readonly PlaceSpec[], context: SinkContext): Promise<Sink[]> {
  return Promise.all(specs.map((spec) => openSink(spec, context)));
}

async function openSink(spec: PlaceSpec, context: SinkContext): Promise<Sink> {
  const { cwd } = context;
  switch (spec.kind) {
    case 'file':
      return (await import('./file-sink.ts')).fileSink(spec.text, spec.path, cwd);
    case 'env':
      return (await import('./env-sink.ts')).envSink(spec.text, spec.path, spec.variable, cwd);
  }
}
