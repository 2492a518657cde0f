import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { withEscrow } from '../support/escrow.ts';
import { randomOf, rounds, seed } from '../support/rounds.ts';
import { filesBelow, Sandbox } from '../support/sandbox.ts';

/*
 * Any file below KEYS_HOME damaged in any way: no command reports a bug, prints a secret or hangs, and recover never
 * revokes a key whose secret waits in escrow.
 */

const count = 12 * rounds;

type Random = () => number;

const pick = <T>(random: Random, items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;

const damages: Record<string, (file: string, random: Random) => void> = {
  byte(file, random) {
    const bytes = readFileSync(file);
    if (bytes.length > 0) bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
    writeFileSync(file, bytes);
  },
  cut: (file, random) => truncateSync(file, Math.floor(random() * readFileSync(file).length)),
  empty: (file) => truncateSync(file, 0),
  zeros: (file) => writeFileSync(file, Buffer.alloc(readFileSync(file).length)),
  noise: (file, random) =>
    writeFileSync(file, Buffer.from(Array.from({ length: 300 }, () => random() * 256))),
  null: (file) => writeFileSync(file, 'null\n'),
  list: (file) => writeFileSync(file, '[[],{}]\n'),
  deep: (file) => writeFileSync(file, '['.repeat(200_000)),
  version: (file) => writeFileSync(file, '{"version":99,"profiles":7}\n'),
  twice: (file) => writeFileSync(file, Buffer.concat([readFileSync(file), readFileSync(file)])),
  gone: (file) => rmSync(file),
  folder(file) {
    rmSync(file);
    mkdirSync(file);
  },
  link(file) {
    rmSync(file);
    symlinkSync('/nonexistent/elsewhere', file);
  },
};

const commands = [
  ['list', '--json'],
  ['recover', '--list', '--json'],
  ['doctor', '--json'],
  ['profile', 'list', '--json'],
  ['create', 'other', '--to', 'file:other'],
  ['rotate', 'ci', '--grace', '1h', '--to', 'file:ci'],
  ['recover', '--all', '--yes', '--json'],
  ['logs', '--json'],
];

test(`${count} damaged files (seed ${seed})`, { timeout: 600_000 }, async () => {
  const random = randomOf('damaged files');
  const box = withEscrow(new Sandbox());
  for (const file of ['ci', 'other', 'waits']) box.expectSecretIn(file);
  await box.program(['create', 'ci', '--to', 'file:ci']);
  writeFileSync(join(box.cwd, 'deliver.sh'), 'cat > /dev/null; exit 1');
  const { exit } = await box.program(['create', 'waits', '--to', 'exec:sh deliver.sh']);
  expect(exit).toBe(5);
  const saved = join(dirname(box.home), 'saved');
  cpSync(box.home, saved, { recursive: true });
  // The saved copy contains the escrow, too.
  for (const file of filesBelow(saved)) box.expectSecretIn(file);

  for (let round = 0; round < count; round++) {
    rmSync(box.home, { recursive: true, force: true });
    cpSync(saved, box.home, { recursive: true });
    const file = pick(random, filesBelow(box.home));
    const kind = pick(random, Object.keys(damages));
    damages[kind]?.(file, random);
    const what = `seed ${seed} round ${round}: ${kind} of ${relative(box.home, file)}`;
    for (const args of commands) {
      const run = await box.keys(args);
      expect(run.stderr, `${what}: keys ${args.join(' ')}`).not.toContain('this is a bug');
      expect([0, 1, 2, 3, 4, 5, 6, 7, 8], what).toContain(run.exit);
    }
    const { stdout } = await box.keys(['list', '--json']);
    const isJournal = !relative(box.home, file).startsWith('data');
    if (isJournal && stdout) {
      const names = (JSON.parse(stdout) as { name: string }[]).map(({ name }) => name);
      expect(names, what).toContain('ci');
      // The key is only given up if no trace of its secret is left.
      if (kind !== 'gone' || !file.includes('escrow')) expect(names, what).toContain('waits');
    }
    for (const name of readdirSync(box.cwd)) if (name === 'other') rmSync(join(box.cwd, name));
  }
});
