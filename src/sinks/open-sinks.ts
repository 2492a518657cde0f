import type { Sink } from '../keys/ports.ts';
import type { SinkContext } from './context.ts';
import type { SinkSpec } from './sink-spec.ts';

export type PlaceSpec = Exclude<SinkSpec, { kind: 'stdout' }>;

/** Opens the sinks, in order. Loads only the code of those that are used. */
export function openSinks(specs: readonly PlaceSpec[], context: SinkContext): Promise<Sink[]> {
  return Promise.all(specs.map(async (spec) => watched(await openSink(spec, context), context)));
}

/** Whatever a sink takes long for is told to the person who waits. */
function watched(sink: Sink, { waitFor }: SinkContext): Sink {
  const { name, read } = sink;
  return {
    ...sink,
    check: (plannedKey) => waitFor(`checking ${name}`, () => sink.check(plannedKey)),
    deliver: (delivery) => waitFor(`delivering to ${name}`, () => sink.deliver(delivery)),
    ...(read && { read: () => waitFor(`reading ${name} back`, () => read.call(sink)) }),
  };
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
