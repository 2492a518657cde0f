import type { KeyChanges, KeySpec } from '../../src/keys/ports.ts';
import { authority } from '../../src/providers/built-in/authority.ts';
import { drun } from '../../src/providers/built-in/drun.ts';
import { privatemind } from '../../src/providers/built-in/privatemind.ts';
import { riskinmind } from '../../src/providers/built-in/riskinmind.ts';
import { unreal } from '../../src/providers/built-in/unreal.ts';
import type { Provider } from '../../src/providers/declaration/provider.ts';
import { remoteAt } from '../remote/remote-of.ts';
import { serving, testService } from '../support/authority-service.ts';

/** A provider whose API the server speaks. */
export interface Case {
  provider: Provider;
  /** The base URL of a profile, below the server's. */
  base: string;
  /** Every field that the API accepts for a new key. */
  asked: Partial<KeySpec>;
  changes?: KeyChanges;
}

export const in90Days = new Date('2027-02-18T12:00:00.000Z');
const limits = { rateLimitRpm: 120, budgetUsd: 9.5, models: ['small'] };

export const cases: Case[] = [
  {
    provider: authority,
    base: '/admin',
    asked: {
      ...limits,
      name: 'deploy',
      description: 'the release train',
      expiresAt: in90Days,
      permissions: ['read', 'write'],
      labels: { team: 'web' },
    },
    changes: {
      name: 'ship',
      description: null,
      expiresAt: null,
      permissions: ['read'],
      rateLimitRpm: null,
      budgetUsd: null,
      models: [],
      labels: { team: null, stage: 'live' },
    },
  },
  { provider: unreal, base: '/unreal', asked: { name: 'deploy' } },
  { provider: riskinmind, base: '/riskinmind', asked: { name: 'deploy' } },
  {
    provider: privatemind,
    base: '/privatemind',
    asked: { ...limits, name: 'deploy', expiresAt: in90Days },
    changes: { name: 'ship', rateLimitRpm: 10, budgetUsd: null, models: [] },
  },
  { provider: drun, base: '/drun', asked: { name: 'deploy' } },
];

/** The backend of a provider at a running server, for a user with a session. */
export async function start({ provider, base }: Case, organisation = {}) {
  const made = await testService(organisation);
  const server = await serving(made);
  const remote = (token: string) =>
    remoteAt(provider, { url: new URL(base, server.url), token, now: made.clock.now });
  const { backend } = remote(await server.token('ada'));
  const keysOf = () => made.keysOf('ada');
  const works = async (secret: { reveal(): string }) =>
    (await server.call('GET', '/v1/models', { token: secret.reveal() })).status === 200;
  /** The authority's id of a key that the API identifies otherwise. */
  const idOf = async (reference: string) => (await (await keysOf()).get(reference)).key.id;
  return { ...made, ...server, backend, remote, works, keysOf, idOf };
}
