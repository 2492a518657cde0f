import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { refusedKeys } from './embedded-authority.ts';
import { withProfiles } from './escrow.ts';
import type { Quirks } from './key-api.ts';
import { KeyApi } from './key-api.ts';
import type { Sandbox } from './sandbox.ts';
import { startServe } from './serving.ts';

/** A place where keys are created, seen from outside `keys`. */
export interface KeyWorld {
  /** The environment of commands in it. */
  env: Readonly<Record<string, string>>;
  works(value: string): Promise<boolean>;
  /** The ids of all keys that work. */
  live(): Promise<string[]>;
  /** The id of the key with this value. */
  idOf(value: string): string | undefined;
  /** Creates a key that the operation does not concern. */
  addOther(name: string): Promise<string>;
}

/** The embedded authority, in the sandbox's own profile. */
export async function embeddedWorld(box: Sandbox, escrow: object): Promise<KeyWorld> {
  withProfiles(box, { local: { provider: 'local', ...escrow } });
  return {
    env: {},
    works: async (value) => (await refusedKeys(box, [value.trim()])).length === 0,
    live: () => listed(box, {}),
    idOf: (value) => value.split('_')[1],
    addOther: (name) => created(box, name, {}),
  };
}

/** `keys serve` over HTTP, in the profile `work`. */
export async function servedWorld(box: Sandbox, escrow: object): Promise<KeyWorld> {
  const session = await box.keys(['session', 'create', '--user', 'alice', '--secret-only'], {
    secretOnStdout: true,
  });
  const { url } = await startServe(box);
  withProfiles(box, { work: { provider: 'authority', url: `${url}/admin`, ...escrow } });
  const env = { KEYS_PROFILE: 'work', KEYS_TOKEN: session.stdout.trim() };
  return {
    env,
    async works(value) {
      const headers = { authorization: `Bearer ${value.trim()}` };
      return (await fetch(`${url}/v1/authorize`, { headers })).status === 200;
    },
    live: () => listed(box, env),
    idOf: (value) => value.split('_')[1],
    addOther: (name) => created(box, name, env),
  };
}

/** An API with quirks, declared by a user's own file, in the profile `work`. */
export async function quirkyWorld(box: Sandbox, escrow: object, quirks: Quirks): Promise<KeyWorld> {
  const api = await KeyApi.start(quirks);
  const folder = join(box.home, 'config', 'providers');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'quirky.json'), JSON.stringify(api.declaration), { mode: 0o600 });
  withProfiles(box, { work: { provider: 'quirky', url: api.url, ...escrow } });
  for (let n = 0; n < (quirks.cutsListAt ?? 0); n += 1) api.add(`older-${n}`, { ago: 86_400_000 });
  return {
    env: { KEYS_PROFILE: 'work', KEYS_TOKEN: 'tok-EXAMPLE' },
    works: async (value) => api.works(value),
    live: async () => api.keys.map(({ id }) => id),
    idOf: (value) => api.keys.find(({ secret }) => secret === value.trim())?.id,
    addOther: async (name) => api.add(name).id,
  };
}

async function listed(box: Sandbox, env: Readonly<Record<string, string>>): Promise<string[]> {
  const run = await box.keys(['list', '--status', 'active', '--json'], { env });
  expect(run.exit, run.stderr).toBe(0);
  return (JSON.parse(run.stdout) as { id: string }[]).map(({ id }) => id);
}

async function created(box: Sandbox, name: string, env: Readonly<Record<string, string>>): Promise<string> {
  const run = await box.keys(['create', name, '--to', 'exec:cat', '--json'], { env });
  expect(run.exit, run.stderr).toBe(0);
  return (JSON.parse(run.stdout) as { id: string }).id;
}
