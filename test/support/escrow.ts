import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Sandbox } from './sandbox.ts';

/** The sandbox, with the profile `local` set so that secrets may wait in a file. */
export function withEscrow(box: Sandbox): Sandbox {
  box.expectEscrow();
  return withProfiles(box, { local: { provider: 'local', escrow: 'file' } });
}

/** The sandbox, with these profiles in its configuration. */
export function withProfiles(box: Sandbox, profiles: Readonly<Record<string, object>>): Sandbox {
  mkdirSync(join(box.home, 'config'), { recursive: true });
  writeFileSync(join(box.home, 'config', 'config.json'), JSON.stringify({ profiles }));
  return box;
}
