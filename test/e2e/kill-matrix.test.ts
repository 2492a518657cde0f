import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fileEscrow } from '../../src/journal/escrow.ts';
import { openJournal } from '../../src/journal/journal.ts';
import { issueKey } from '../../src/keys/operations/issue.ts';
import { makePrivateFolder } from '../../src/platform/paths.ts';
import { openSinks } from '../../src/sinks/open-sinks.ts';
import { parseSink } from '../../src/sinks/sink-spec.ts';
import { spec } from '../support/authority.ts';
import { withAuthority } from '../support/embedded-authority.ts';
import { Killed, MortalPorts } from '../support/mortal-ports.ts';
import { sinkContext } from '../support/sink-context.ts';
import type { EscrowOf, Place, World } from '../support/sink-places.ts';
import { envOf, fateOf, makeWorld, places } from '../support/sink-places.ts';

/*
 * A create in this process, killed before each of its calls to the backend, the journal and its sinks. After `keys
 * recover` each key is delivered or revoked, and a secret is nowhere else. The soak tests kill real processes, with one
 * vendor's sink on behalf of all.
 */

const vendors = ['gitlab:', 'vault:', 'kubernetes:', 'aws-secretsmanager:'] as const;
const moments = 18;

/** Creates `name-<n>` and dies before the n-th call. */
async function createUntilKilled(
  { box, ...world }: World,
  place: Place,
  { n, escrow }: { n: number; escrow: EscrowOf },
): Promise<MortalPorts> {
  const process = new MortalPorts(n);
  const specs = place.to(n).map((text) => {
    const parsed = parseSink(text);
    if (parsed.kind === 'stdout') throw new Error('stdout is not a place');
    return parsed;
  });
  const sinks = await openSinks(specs, sinkContext(box.cwd, { env: envOf({ box, ...world }) }));
  const journal = openJournal(
    {
      folder: join(box.home, 'state', 'operations'),
      escrows: {
        keychain: () => Promise.reject(new Error('no keychain in this test')),
        file: async () => fileEscrow(join(box.home, 'state', 'escrow'), makePrivateFolder),
        allowed: escrow === 'file' ? ['file'] : [],
      },
      now: () => new Date(),
      makeFolder: makePrivateFolder,
      warn: async () => {},
    },
    { profile: 'local', provider: 'local', url: null, cwd: box.cwd },
  );
  await withAuthority(box, async (authority) => {
    const issued = issueKey(process.backend(authority), spec({ name: `name-${n}`, permissions: ['read'] }), {
      sinks: process.sinks(sinks),
      known: [],
      journal: process.journal(journal),
      onSecret: async () => {},
    });
    await issued.catch((error: unknown) => {
      if (!process.isDead) throw error;
      expect(error).toBeInstanceOf(Killed);
    });
  });
  await process.release();
  return process;
}

test.each(vendors.flatMap((sink) => (['file', 'none'] as const).map((escrow) => [sink, escrow] as const)))(
  '%s, escrow %s: no key is lost, orphaned or leaked',
  async (sink, escrow) => {
    const place = places[sink] as Place;
    const world = makeWorld(moments + 1, escrow, () => '');
    const { box } = world;
    const killed: number[] = [];
    const ended: number[] = [];
    for (let n = 1; n <= moments; n += 1) {
      const process = await createUntilKilled(world, place, { n, escrow });
      (process.isDead ? killed : ended).push(n);
    }
    // A process died before every call, and the last creates made fewer calls than allowed.
    expect(killed).toEqual(Array.from({ length: killed.length }, (_, index) => index + 1));
    expect(killed.length).toBeGreaterThan(8);
    expect(ended.length).toBeGreaterThan(0);

    const recovery = await box.keys(['recover', '--all', '--yes', '--json'], { env: envOf(world) });
    expect(escrow === 'none' ? [0, 5] : [0], recovery.stderr).toContain(recovery.exit);
    expect(recovery.stderr).not.toContain('error');
    const outcomes = JSON.parse(recovery.stdout) as { outcome: string; id?: string; operation: string }[];
    const open = outcomes.filter(({ outcome }) => outcome === 'open');
    const operations = readdirSync(join(box.home, 'state', 'operations'));
    expect(operations.filter((name) => !name.endsWith('.lock')).sort()).toEqual(
      open.map(({ operation }) => `${operation}.jsonl`).sort(),
    );
    if (escrow === 'file') expect(readdirSync(join(box.home, 'state', 'escrow'))).toEqual([]);
    const fate = await fateOf(world, place, {
      promised: ended.map((n) => `name-${n}`),
      reported: open.flatMap(({ id }) => id ?? []),
    });
    expect(fate).toMatchObject({ lost: 0, orphaned: 0, leaked: 0 });
  },
  120_000,
);
