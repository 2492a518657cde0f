import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { unreal } from '../../src/providers/unreal.ts';
import { Sandbox } from '../support/sandbox.ts';

/* Files of the user's own beside the providers that are known. */

test('a faulty file hurts only itself', async () => {
  const box = new Sandbox();
  box.ownProvider({ ...unreal, id: 'mine' });
  box.ownProvider({ id: 'broken' });
  box.ownProvider({ ...unreal, id: 'local' });
  writeFileSync(join(box.home, 'config', 'providers', 'odd.json'), '{');
  const { exit, stdout, stderr } = await box.keys(['provider', 'list', '--json']);
  expect(exit).toBe(0);
  const ids = JSON.parse(stdout).map(({ id }: { id: string }) => id);
  expect(ids).toContain('mine');
  expect(ids).toContain('unreal');
  expect(ids.filter((id: string) => id === 'local')).toHaveLength(1);
  for (const name of ['broken.json', 'odd.json', 'local.json']) expect(stderr).toContain(name);
  expect(stderr).toContain("'local' is reserved for the embedded authority");
  expect(await box.keys(['provider', 'show', 'mine'])).toMatchObject({ exit: 0 });
  expect(await box.keys(['provider', 'show', 'broken'])).toMatchObject({ exit: 1 });
});
