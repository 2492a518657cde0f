import type { Duration } from '../../base/time.ts';
import { before } from '../../base/time.ts';
import type { RotationServices } from './services.ts';
import { idlenessOf } from './succession.ts';

/** Whether a key has not been used for a span; false if the provider does not report its use. */
export async function isIdle(
  { backend, now, tell }: Pick<RotationServices, 'backend' | 'now' | 'tell'>,
  id: string,
  span: Duration,
): Promise<boolean> {
  const idleness = await idlenessOf(backend, { id }, before(now, span));
  if (!idleness) {
    await tell({ type: 'usage-unknown', id });
    return false;
  }
  await tell({ type: 'usage', ...idleness });
  return idleness.isIdle;
}
