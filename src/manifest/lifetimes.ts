import type { Duration } from '../base/time.ts';
import { after } from '../base/time.ts';
import type { Manifest } from './manifest.ts';
import type { ShapeFault } from './shape-faults.ts';

/** Keys that would be due for a rotation as soon as they exist: each run would replace them. */
export function lifetimeFaults({ defaults = {}, keys = {} }: Manifest): ShapeFault[] {
  return Object.entries(keys).flatMap(([entry, key]) => {
    const expires = key?.expires ?? defaults.expires;
    const due = key?.rotate?.due ?? defaults.rotate?.due;
    if (expires?.kind !== 'span' || !due || lengthOf(due) < lengthOf(expires.duration)) return [];
    const isOwn = key?.rotate?.due !== undefined;
    return {
      path: isOwn ? ['keys', entry, 'rotate', 'due'] : ['keys', entry],
      isName: !isOwn,
      message: `${isOwn ? 'is' : 'has a rotate.due that is'} not shorter than the lifetime (expires), so each new key would be due at once; write a shorter span`,
    };
  });
}

function lengthOf(span: Duration): number {
  return after(new Date(0), span).getTime();
}
