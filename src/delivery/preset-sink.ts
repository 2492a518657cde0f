import type { Sink } from '../lifecycle/ports.ts';
import { currentValue } from './current-value.ts';
import type { SinkContext } from './open-sinks.ts';
import type { Preset, PresetName, Run } from './presets.ts';
import { presets } from './presets.ts';
import { findProgram, requireSuccess, runVendor } from './vendor-program.ts';

/**
 * A place that a vendor's own program writes to, with the login that the program has. Whether it is logged in shows when
 * it is called: to ask before would cost a call to the vendor each time, and promise nothing about the next one.
 */
export function presetSink(
  name: string,
  kind: PresetName,
  parts: readonly string[],
  context: SinkContext,
): Sink {
  const preset: Preset = presets[kind];
  const { program, install, read } = preset;
  const run: Run = (call) => runVendor(program, call, context);
  return {
    name,
    check: async () => void (await findProgram(program, context, [`get it from ${install}`])),
    async deliver({ secret }) {
      requireSuccess(program, await preset.deliver(run, parts, secret.reveal()), secret);
    },
    ...(read && { read: () => currentValue(() => read(run, parts)) }),
  };
}
