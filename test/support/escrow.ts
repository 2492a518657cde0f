import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Sandbox } from './sandbox.ts';

/** The sandbox, with the profile `local` set so that secrets may wait in a file. */
export function withEscrow(box: Sandbox): Sandbox {
  mkdirSync(join(box.home, 'config'), { recursive: true });
  const profiles = { local: { provider: 'local', escrow: 'file' } };
  writeFileSync(join(box.home, 'config', 'config.json'), JSON.stringify({ profiles }));
  box.expectEscrow();
  return box;
}
