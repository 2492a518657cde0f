import { expect, test } from 'vitest';
import { refusedKeys } from '../support/embedded-authority.ts';
import { Sandbox } from '../support/sandbox.ts';

/* Simultaneous rotations of one name: each rotates the current key or does nothing. */

interface Listed {
  name: string;
  superseded: boolean;
  expiresAt: string | null;
}

test.each(['0', '1h'])('with --grace %s only the newest key is left without an expiry', async (grace) => {
  const box = new Sandbox();
  for (const name of ['a', 'b', 'c', 'd']) {
    box.expectSecretIn(name);
    await box.keys(['create', name, '--to', `file:${name}`]);
    const rotate = () => box.program(['rotate', name, '--grace', grace, '--to', `file:${name}`]);
    const exits = (await Promise.all([rotate(), rotate(), rotate()])).map(({ exit }) => exit);
    expect(exits).toContain(0);
    expect(exits.filter((exit) => exit !== 0 && exit !== 6)).toEqual([]);
    const { stdout } = await box.keys(['list', '--json']);
    const keys = (JSON.parse(stdout) as Listed[]).filter((key) => key.name === name);
    expect(keys.filter(({ expiresAt }) => expiresAt === null)).toMatchObject([{ superseded: false }]);
    if (grace === '0') expect(keys).toHaveLength(1);
    expect(await refusedKeys(box, [box.read(name)])).toEqual([]);
  }
});
