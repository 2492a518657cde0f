import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Quirks } from '../support/key-api.ts';
import type { KeyWorld } from '../support/key-worlds.ts';
import { quirkyWorld } from '../support/key-worlds.ts';
import type { Run } from '../support/sandbox.ts';
import { Sandbox } from '../support/sandbox.ts';
import { folders, operations, Transcript, times } from '../support/transcript.ts';

/* Interrupted operations at an API that shows a new key late, fails while it creates one, truncates its lists or reuses ids. */

const slow = 90_000;

const filters = [
  { word: 'secret', isNumbered: true, pattern: /sk_[0-9a-f]{32}_EXAMPLE/g } as const,
  { word: 'id', isNumbered: true, pattern: /\bk\d{4}[0-9a-f]{8}\b/g } as const,
  operations,
  times,
  folders,
];

interface Scene {
  box: Sandbox;
  world: KeyWorld;
  keys: (...args: string[]) => Promise<Run>;
}

/** Stores its input in `place`; the first time it kills `keys` instead. */
const killing = 'exec:sh deliver.sh';
const deliver = `
if [ ! -e killed ]; then touch killed; kill -9 $PPID; exit 0; fi
cat > place
`;

async function open(quirks: Quirks, escrow?: 'file'): Promise<Scene> {
  const box = new Sandbox();
  if (escrow) box.expectEscrow();
  for (const place of ['place', 'other', 'key']) box.expectSecretIn(place);
  const world = await quirkyWorld(box, escrow ? { escrow } : {}, quirks);
  writeFileSync(join(box.cwd, 'deliver.sh'), deliver);
  return {
    box,
    world,
    keys: (...args) => box.program([...args, '--timeout', '4s'], { env: world.env }),
  };
}

function outcomes({ stdout }: Run): { outcome: string; reason?: string }[] {
  return JSON.parse(stdout);
}

describe('an API that shows a new key late', () => {
  test.each([
    ['by its id', {}],
    ['in its list', { hidesKeys: true }],
  ] as const)('%s: its secret stays in escrow', { timeout: slow }, async (_, quirks) => {
    const { box, world, keys } = await open({ lagsBy: 6000, ...quirks }, 'file');
    expect((await keys('create', 'ci', '--to', killing)).exit).toBe(null);
    const recovery = await keys('recover', '--all', '--yes', '--json');
    expect(recovery).toMatchObject({ exit: 0 });
    expect(outcomes(recovery)).toMatchObject([{ outcome: 'delivered' }]);
    expect(await world.works(box.read('place'))).toBe(true);
  });

  test('and accepts it late: recover finishes a rotation', { timeout: slow }, async () => {
    const { box, world, keys } = await open({ lagsBy: 6000, tellsNoId: true }, 'file');
    await keys('create', 'ci', '--to', 'file:key');
    await new Promise((resume) => setTimeout(resume, 6000));
    expect((await keys('rotate', 'ci', '--to', 'file:key', '--grace', '0')).exit).toBe(5);
    expect(await world.works(box.read('key'))).toBe(true);
    expect((await keys('recover', '--all', '--yes')).exit).toBe(0);
    expect(await world.works(box.read('key'))).toBe(true);
    expect(await world.live()).toHaveLength(1);
  });

  test('and no escrow: the key is not taken for revoked', { timeout: slow }, async () => {
    const { world, keys } = await open({ lagsBy: 6000 });
    expect((await keys('create', 'ci', '--to', killing)).exit).toBe(null);
    expect(await keys('recover', '--all', '--yes')).toMatchObject({ exit: 5 });
    expect(await world.live()).toHaveLength(1);
  });
});

describe('a server that fails after its work is done', () => {
  test.each([10, 20, 25, 30, 100])(
    'and lists at most %i keys has created one that it does not list',
    {
      timeout: slow,
    },
    async (cutsListAt) => {
      const { world, keys } = await open({ breaksDown: 'create', cutsListAt });
      expect(await keys('create', 'ci', '--to', 'file:key')).toMatchObject({ exit: 5 });
      expect(await world.live()).toHaveLength(cutsListAt + 1);
      expect(await keys('recover', '--all', '--yes')).toMatchObject({ exit: 5 });
    },
  );

  test('and rotates in place has ended the old secret', { timeout: slow }, async () => {
    const { box, world, keys } = await open({ breaksDown: 'roll', rolls: true });
    await keys('create', 'ci', '--to', 'file:key');
    const rotate = ['rotate', 'ci', '--to', 'file:key', '--allow-downtime', '--grace', '0'];
    expect(await keys(...rotate)).toMatchObject({ exit: 5 });
    expect(await world.works(box.read('key'))).toBe(false);
    expect(await keys('recover', '--all', '--yes')).toMatchObject({ exit: 5 });
    expect(await keys(...rotate)).toMatchObject({ exit: 0 });
    expect(await world.works(box.read('key'))).toBe(true);
  });
});

describe('a rotation that has only the old key left to retire', () => {
  const rotate = ['rotate', 'ci', '--grace', '0'];

  test.each(['rotate', 'recover'])(
    'is finished by %s --to another sink, which gets the secret too',
    {
      timeout: slow,
    },
    async (verb) => {
      const { box, world, keys } = await open({ breaksDown: 'revoke' });
      await keys('create', 'ci', '--to', 'file:place', '--to', 'file:other');
      expect((await keys(...rotate, '--to', 'file:place')).exit).toBe(5);
      const again = verb === 'rotate' ? rotate : ['recover'];
      expect(await keys(...again, '--to', 'file:other')).toMatchObject({ exit: 0 });
      expect(await world.works(box.read('place'))).toBe(true);
      expect(await world.works(box.read('other'))).toBe(true);
      expect(await world.live()).toHaveLength(1);
    },
  );

  test('and whose new secret cannot be read again is followed by another one', {
    timeout: slow,
  }, async () => {
    const { box, world, keys } = await open({ breaksDown: 'revoke' });
    await keys('create', 'ci', '--to', 'file:other');
    expect((await keys(...rotate, '--to', 'exec:cat')).exit).toBe(5);
    const recovery = await keys('recover', '--to', 'file:other');
    expect(
      new Transcript(box, filters).of(['recover', '--to', 'file:other'], recovery),
    ).toMatchInlineSnapshot(`
      "$ keys recover --to file:other
      exit 5
      --- stderr
      error: the secret of ci is in exec:cat, and cannot be read from there
      hint: keys recover [operation 1]
      --- files
      deliver.sh (644): 
      if [ ! -e killed ]; then touch killed; kill -9 $PPID; exit 0; fi
      cat > place
      other (600): [secret 1]
      "
    `);
    expect(await keys(...rotate, '--to', 'file:other')).toMatchObject({ exit: 0 });
    expect(await world.works(box.read('other'))).toBe(true);
    expect(await world.live()).toHaveLength(1);
  });

  test('ends with --keep, which retires no key', { timeout: slow }, async () => {
    const { world, keys } = await open({ breaksDown: 'revoke' });
    await keys('create', 'ci', '--to', 'file:key');
    expect((await keys(...rotate, '--to', 'file:key')).exit).toBe(5);
    expect(await keys('recover', '--keep')).toMatchObject({ exit: 0 });
    expect(await world.live()).toHaveLength(2);
    expect(await keys('recover', '--list', '--json')).toMatchObject({ stdout: '[]\n' });
  });

  test('leaves a key alone that reuses the id of the old one', { timeout: slow }, async () => {
    const { box, world, keys } = await open({ breaksDown: 'revoke', reusesIds: true });
    await keys('create', 'ci', '--to', 'file:key');
    const [old = ''] = await world.live();
    expect((await keys(...rotate, '--to', 'file:key')).exit).toBe(5);
    expect((await keys('revoke', old, '--yes')).exit).toBe(0);
    await new Promise((resume) => setTimeout(resume, 1100));
    expect(await world.addOther('web')).toBe(old);
    const recovery = await keys('recover', '--all', '--yes');
    expect(new Transcript(box, filters).of(['recover', '--all', '--yes'], recovery)).toMatchInlineSnapshot(`
      "$ keys recover --all --yes
      exit 5
      --- stdout
      [operation 1]	open	rotate	ci	key-2	[time]	work	file:key
      --- stderr
      warning: [operation 1] is unfinished: the new key ci is delivered, but the old one, key-1, was not retired: key-1 is a different key now, created [time]; keys recover [operation 1] --keep
      --- files
      deliver.sh (644): 
      if [ ! -e killed ]; then touch killed; kill -9 $PPID; exit 0; fi
      cat > place
      key (600): [secret 1]
      "
    `);
    expect(await world.live()).toContain(old);
    expect(await keys('recover', '--keep')).toMatchObject({ exit: 0 });
  });
});
