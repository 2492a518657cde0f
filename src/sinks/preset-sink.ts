import { KeysError } from '../base/errors.ts';
import { maskSecrets } from '../base/secret.ts';
import type { Sink } from '../keys/ports.ts';
import type { SinkContext } from './context.ts';
import { currentValue } from './current-value.ts';
import type { Preset, PresetName, Run } from './presets.ts';
import { presets } from './presets.ts';
import { findProgram, maxComplaintCharacters, requireSuccess, runVendor } from './vendor-program.ts';

/** For the check whether a delivery can succeed: a slow vendor is not waited for twice. */
const maxCheckMs = 15_000;

/**
 * A place that a vendor's own program writes to, with the program's login. Whether that login works is checked before
 * there is a key, by a query without a secret.
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
  const timeout = Math.min(context.timeout, maxCheckMs);
  return {
    name,
    async check() {
      await findProgram(program, context, [`install it: ${install}`]);
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
    message: `${program} cannot deliver to ${name}: ${maskSecrets(obstacle).slice(-maxComplaintCharacters)}`,
    hints: [login],
  });
}
