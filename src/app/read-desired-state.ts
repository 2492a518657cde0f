import type { DesiredState } from '../keys/plan/desired-key.ts';
import { readManifest } from '../manifest/read-manifest.ts';
import { parseSink } from '../sinks/sink-spec.ts';
import type { Context } from './context.ts';

/** The name of the file, if none is given. */
export const defaultManifest = 'keys.yaml';

/**
 * What a file says that there should be. Throws `KeysError` (2) with everything that is wrong with it. With `leavesUnset`, a
 * variable that is not set is no fault.
 */
export function readDesiredState(
  { io }: Pick<Context, 'io'>,
  file: string = defaultManifest,
  { leavesUnset = false } = {},
): Promise<DesiredState> {
  const checkSink = (text: string) => void parseSink(text);
  return readManifest(file, { cwd: io.cwd, env: io.env, checkSink, leavesUnset });
}
