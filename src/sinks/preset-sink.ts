import { KeysError } from '../base/errors.ts';
import { maskSecrets } from '../base/secret.ts';
import type { Sink } from '../keys/ports.ts';
import type { SinkContext } from './context.ts';
import { currentValue } from './current-value.ts';
import type { Preset, PresetName, Run } from './presets.ts';
import { presets } from './presets.ts';
import { findProgram, mostComplaint, requireSuccess, runVendor } from './vendor-program.ts';

/** Milliseconds for the question whether a delivery can succeed: a vendor that is slow is not waited for twice. */
const mostProbing = 15_000;

/**
 * A place that a vendor's own program writes to, with the login that the program has. Whether that is good is asked
 * before there is a key: a question to the vendor, and no secret in it.
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
  const timeout = Math.min(context.timeout, mostProbing);
  return {
    name,
    async check() {
      await findProgram(program, context, [`get it from ${install}`]);
      const obstacle = await preset.obstacle(
        (call) => runVendor(program, call, { ...context, timeout }),
        parts,
      );
      if (obstacle !== undefined) throw notReady(name, preset, obstacle);
    },
    async deliver({ secret }) {
      requireSuccess(program, await preset.deliver(run, parts, secret.reveal()), secret);
    },
    ...(read && { read: () => currentValue(() => read(run, parts)) }),
  };
}

function notReady(name: string, { program, login }: Preset, obstacle: string): KeysError {
  return new KeysError({
    code: 'program_not_ready',
    message: `${program} could not deliver to ${name}: ${maskSecrets(obstacle).slice(-mostComplaint)}`,
    hints: [login],
  });
}
