import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { refusedKeys } from './embedded-authority.ts';
import { withProfiles } from './escrow.ts';
import type { Keyring } from './keyring.ts';
import { Sandbox } from './sandbox.ts';
import { StandIns } from './stand-in.ts';

/* Every kind of sink, where its user looks for a secret, and what became of the keys that were created for it. */

const anySecret = /sk_([0-9A-Za-z]{16})_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}/g;

/** Everything that a test of one sink uses. */
export interface World {
  box: Sandbox;
  vendors: StandIns;
  /** The number of keys, at most. */
  count: number;
  keyring?: Keyring;
  /** Everything printed so far. */
  stdout: () => string;
}

export interface Place {
  /** The values of `--to` for the n-th key. */
  to: (n: number) => string[];
  /** Everything that its user can find there, as text. */
  holds: (world: World) => string[];
}

const toVendors: Place['holds'] = ({ vendors }) => [
  vendors.calls.map(({ stdin }) => stdin + decoded(stdin)).join('\n'),
];
const inFiles: Place['holds'] = ({ box }) => [
  readdirSync(box.cwd)
    .filter((name) => name.startsWith('key-') || name === '.env')
    .map((name) => readFileSync(join(box.cwd, name), 'utf8'))
    .join('\n'),
];

function textOf(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

/** All places that need no keychain. */
export const places: Readonly<Record<string, Place>> = {
  'file:': { to: (n) => [`file:key-${n}`], holds: inFiles },
  'env:': { to: (n) => [`env:.env#KEY_${n}`], holds: inFiles },
  'exec:': { to: () => ['exec:deliver {name}'], holds: toVendors },
  'login:': {
    to: (n) => [`login:mine-${n}`],
    holds: ({ box }) => [textOf(join(box.home, 'data', 'tokens.json'))],
  },
  clipboard: { to: () => ['clipboard'], holds: toVendors },
  'github:': { to: (n) => [`github:acme/app#KEY_${n}`], holds: toVendors },
  'gitlab:': { to: (n) => [`gitlab:acme/app#KEY_${n}`], holds: toVendors },
  'vault:': { to: (n) => [`vault:secret/app#KEY_${n}`], holds: toVendors },
  'kubernetes:': { to: (n) => [`kubernetes:prod/app#KEY_${n}`], holds: toVendors },
  'aws-secretsmanager:': { to: (n) => [`aws-secretsmanager:KEY_${n}`], holds: toVendors },
  stdout: { to: () => ['stdout'], holds: ({ stdout }) => [stdout()] },
  'file: and exec:': {
    to: (n) => [`file:key-${n}`, 'exec:deliver {name}'],
    holds: (world) => [...inFiles(world), ...toVendors(world)],
  },
};

/** The one sink that needs a keychain, which can be the escrow too. */
export const keychainPlace: Place = {
  to: (n) => [`keychain:key-${n}`],
  holds: ({ keyring, count }) => [
    Array.from({ length: count }, (_, n) => lookUp(keyring, 'keys-cli-secrets', `key-${n}`)).join('\n'),
  ],
};

function lookUp(keyring: Keyring | undefined, service: string, name: string): string {
  try {
    return keyring?.run(['secret-tool', 'lookup', 'service', service, 'username', name]) ?? '';
  } catch {
    return '';
  }
}

/** The value in a Secret of Kubernetes. */
function decoded(text: string): string {
  return (/"data":\{"\w+":"([^"]+)"/.exec(text)?.slice(1) ?? [])
    .map((data) => Buffer.from(data, 'base64').toString())
    .join('');
}

/** The programs of all sinks; none can be read back. */
export function workingVendors(): StandIns {
  return new StandIns()
    .add('deliver')
    .add('gh')
    .add('xclip', { args: /-out/, code: 1 })
    .add('glab', { args: /variable get/, code: 1 })
    .add('vault', { args: /kv get/, code: 1 })
    .add('kubectl', { args: /^get/, code: 1 })
    .add('aws', { args: /get-secret-value/, code: 1 });
}

/** The escrow: none, files, or this keychain. */
export type EscrowOf = 'none' | 'file' | Keyring;

/** A sandbox with the programs of all sinks, for this number of keys. */
export function makeWorld(count: number, escrow: EscrowOf, stdout: () => string): World {
  const box = new Sandbox();
  const local = { provider: 'local', ...(escrow === 'file' && { escrow }) };
  if (escrow === 'file') box.expectEscrow();
  // The session tokens of these profiles are in a file.
  const mine = { provider: 'unreal', url: 'https://keys.example.com', store: 'file' };
  const owners = Array.from({ length: count }, (_, n) => [`mine-${n}`, mine] as const);
  withProfiles(box, { local, ...Object.fromEntries(owners) });
  box.expectSecretIn('.env');
  for (let n = 0; n < count; n += 1) box.expectSecretIn(`key-${n}`);
  const keyring = typeof escrow === 'object' ? escrow : undefined;
  return { box, vendors: workingVendors(), count, stdout, ...(keyring && { keyring }) };
}

/** The environment of a run in this world, in addition to the sandbox's. */
export function envOf({ vendors, keyring }: World): Record<string, string | undefined> {
  return { ...keyring?.env, PATH: `${vendors.folder}:${process.env.PATH}`, DISPLAY: ':0' };
}

export interface Fate {
  delivered: number;
  revoked: number;
  /** Keys that were reported as delivered, or whose secret arrived, but that do not work. */
  lost: number;
  /** Keys that work but whose secret is not in its place. */
  orphaned: number;
  /** Files that hold a secret and should not. */
  leaked: number;
}

/**
 * Looks for every key. `promised`: the names of the keys that were reported as delivered; `reported`: the ids of the keys
 * that were reported as possible orphans.
 */
export async function fateOf(
  world: World,
  place: Place,
  { promised, reported }: { promised: Iterable<string>; reported: readonly string[] },
): Promise<Fate> {
  const { box } = world;
  const { stdout } = await box.keys(['list', '--status', 'all', '--json']);
  const keys = JSON.parse(stdout) as { id: string; name: string; status: string }[];
  expect(new Set(keys.map(({ name }) => name)).size, 'one key of each name').toBe(keys.length);
  const live = keys.filter(({ status }) => status === 'active');
  const secrets = place.holds(world).map((text) => [...text.matchAll(anySecret)]);
  const isEverywhere = (id: string) => secrets.every((found) => found.some(([, one]) => one === id));
  const broken = [...promised].filter((name) => !live.some((key) => key.name === name));
  const usable = secrets.flat().filter(([, id]) => live.some((key) => key.id === id));
  const refused = await refusedKeys(box, [...new Set(usable.map(([secret]) => secret))]);
  return {
    delivered: live.length,
    revoked: keys.length - live.length,
    lost: broken.length + refused.length,
    orphaned: live.filter(({ id }) => !isEverywhere(id) && !reported.includes(id)).length,
    leaked: box.leaks().length,
  };
}
