import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { refusedKeys } from './embedded-authority.ts';
import { withProfiles } from './escrow.ts';
import { KeyApi } from './key-api.ts';
import { Sandbox } from './sandbox.ts';
import { startServe } from './serving.ts';

export const profiles = ['local', 'work', 'remote'] as const;
export type Profile = (typeof profiles)[number];

/** Stores its input at once. What it has stored cannot be read back. */
const store = 'cat > "places/.$1" && mv "places/.$1" "places/$1"\n';

interface Named {
  profile: Profile;
  name: string;
  place: string;
}

interface Rules {
  budget: number;
  rotate?: string;
}

/**
 * Three accounts that a file of keys is applied to: the embedded authority, `keys serve`, and an API of a user's own. Each
 * has a key that the file does not name. A third of the keys goes to a place that cannot be read.
 */
export class ApplyAccounts {
  readonly box: Sandbox;
  readonly names: readonly Named[];
  readonly #api: KeyApi;
  readonly #url: string;

  private constructor(box: Sandbox, names: readonly Named[], { api, url }: { api: KeyApi; url: string }) {
    this.box = box;
    this.names = names;
    this.#api = api;
    this.#url = url;
  }

  static async open(perProfile: number, escrow: 'file' | 'none'): Promise<ApplyAccounts> {
    const names = profiles.flatMap((profile) =>
      Array.from({ length: perProfile }, (_, n) => {
        const name = `${profile}-${n}`;
        return { profile, name, place: n % 3 === 2 ? `exec:sh store.sh ${name}` : `file:places/${name}` };
      }),
    );
    const box = new Sandbox();
    if (escrow === 'file') box.expectEscrow();
    for (const { name } of names) for (const file of [name, `.${name}`]) box.expectSecretIn(`places/${file}`);
    for (const token of ['work.token', 'remote.token']) box.expectSecretIn(token);
    mkdirSync(join(box.cwd, 'places'));
    writeFileSync(join(box.cwd, 'store.sh'), store);
    const db = join(box.cwd, 'served.db');
    const session = ['session', 'create', '--user', 'alice', '--db', db, '--to', 'file:work.token'];
    expect((await box.program(session)).exit).toBe(0);
    const { url } = await startServe(box, ['--db', db]);
    const api = await KeyApi.start();
    box.write('remote.token', 'tok-EXAMPLE');
    box.ownProvider(api.declaration as { id: string });
    const kept = escrow === 'file' ? { escrow } : {};
    const token = (name: string) => ({ tokenCommand: ['cat', join(box.cwd, `${name}.token`)] });
    withProfiles(box, {
      local: { provider: 'local', ...kept },
      work: { provider: 'authority', url: `${url}/admin`, ...token('work'), ...kept },
      remote: { provider: 'quirky', url: api.url, ...token('remote'), ...kept },
    });
    for (const profile of profiles) {
      const made = await box.keys(['create', 'stranger', '--to', 'exec:cat', '--profile', profile]);
      expect(made.exit, made.stderr).toBe(0);
    }
    return new ApplyAccounts(box, names, { api, url });
  }

  /** Writes the file. The API of `remote` takes nothing but a name. */
  write({ budget, rotate }: Rules): void {
    const entries = this.names.map(({ profile, name, place }) =>
      [
        `  ${name}:`,
        `    profile: ${profile}`,
        `    to: [ "${place}" ]`,
        ...(profile === 'remote' ? [] : [`    budgetUsd: ${budget}`, '    expires: 90d']),
        ...(rotate === undefined ? [] : [`    rotate: ${rotate}`]),
      ].join('\n'),
    );
    this.box.write('keys.yaml', `keys:\n${entries.join('\n')}\n`);
  }

  /** Drift of every kind. Returns the names whose places hold no key that works from now on. */
  async damage(): Promise<string[]> {
    const { box } = this;
    rmSync(join(box.cwd, 'places', 'local-0'), { force: true });
    box.write('places/work-0', 'another value');
    await box.keys(['revoke', 'remote-0', '--yes', '--profile', 'remote']);
    await box.keys(['update', 'local-1', '--budget', '99', '--profile', 'local']);
    await box.keys(['update', 'work-1', '--expires', 'never', '--profile', 'work']);
    return ['local-0', 'work-0', 'remote-0'];
  }

  valueAt(name: string): string | undefined {
    try {
      return this.box.read(`places/${name}`).trim();
    } catch {
      return undefined;
    }
  }

  async works(profile: Profile, value: string): Promise<boolean> {
    if (profile === 'local') return (await refusedKeys(this.box, [value])).length === 0;
    if (profile === 'remote') return this.#api.works(value);
    const headers = { authorization: `Bearer ${value}` };
    return (await fetch(`${this.#url}/v1/authorize`, { headers })).status === 200;
  }

  idOf(profile: Profile, value = ''): string | undefined {
    if (profile !== 'remote') return value.split('_')[1];
    return this.#api.keys.find(({ secret }) => secret === value)?.id;
  }

  /** Every key that works, newest first. */
  async live(profile: Profile): Promise<{ id: string; name: string }[]> {
    const run = await this.box.keys(['list', '--status', 'active', '--json', '--profile', profile]);
    expect(run.exit, run.stderr).toBe(0);
    return JSON.parse(run.stdout) as { id: string; name: string }[];
  }

  /** How many of these names have no key that works in their place. */
  async outages(delivered: ReadonlySet<string>): Promise<number> {
    let count = 0;
    for (const { profile, name } of this.names.filter((one) => delivered.has(one.name))) {
      const value = this.valueAt(name);
      if (value === undefined || !(await this.works(profile, value))) count += 1;
    }
    return count;
  }

  /** How many names have more than two keys that work. */
  async thirds(): Promise<number> {
    let count = 0;
    for (const profile of profiles) {
      const byName = new Map<string, number>();
      for (const { name } of await this.live(profile)) byName.set(name, (byName.get(name) ?? 0) + 1);
      count += [...byName.values()].filter((many) => many > 2).length;
    }
    return count;
  }
}
