import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { expect, test } from 'vitest';
import { catalog } from '../../src/commands/catalog.ts';
import { installPackage } from '../support/install-package.ts';
import { lacks } from '../support/real-parts.ts';
import type { Run } from '../support/sandbox.ts';
import { projectRoot, Sandbox } from '../support/sandbox.ts';

const folder = join(projectRoot, 'dist', 'man');
const slow = 300_000;

/** What `man` makes of a page, which takes it a while. */
const pages = new Map<string, Promise<Run>>();

function page(box: Sandbox, name: string): Promise<Run> {
  const rendered = pages.get(name) ?? man(box, ['-l', join(folder, name)]);
  pages.set(name, rendered);
  return rendered;
}

/** What `man` makes of its arguments, as plain text. */
function man(
  box: Sandbox,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Run> {
  const plain = { LC_ALL: 'C.UTF-8', MANWIDTH: '80', MAN_KEEP_FORMATTING: '', PAGER: 'cat', ...env };
  return box.command(['man', '--warnings', ...args], { env: plain });
}

test.skipIf(lacks('man'))('man reads every page without a warning', async () => {
  const box = new Sandbox();
  for (const name of readdirSync(folder)) {
    const { exit, stdout, stderr } = await page(box, name);
    expect([name, exit, stderr]).toEqual([name, 0, '']);
    expect(stdout).toMatch(/^KEYS/);
    expect(
      Math.max(
        ...stdout
          .split('\n')
          .filter((line) => !/^ {11}\S/.test(line))
          .map(({ length }) => length),
      ),
    ).toBeLessThanOrEqual(80);
  }
});

test.skipIf(lacks('man'))(
  'a page has the examples of its command, which can be pasted, and its flags',
  async () => {
    const box = new Sandbox();
    for (const [name, load] of Object.entries(catalog)) {
      const { examples, flags } = await load();
      const { stdout } = await page(box, `keys-${name.replaceAll(' ', '-')}.1`);
      for (const example of examples) expect(stdout).toContain(`           ${example}\n`);
      for (const { syntax } of Object.values(flags)) expect(stdout).toContain(syntax);
    }
  },
);

test.skipIf(lacks('man'))(
  'npm install --global puts the pages where man looks for them',
  async () => {
    const box = new Sandbox();
    const prefix = join(box.env.HOME ?? '', 'prefix');
    await installPackage(box, prefix);
    const pages = join(prefix, 'share', 'man', 'man1');
    expect(readdirSync(pages).sort()).toEqual(readdirSync(folder).sort());
    expect(existsSync(join(pages, 'keys-create.1'))).toBe(true);

    const env = { PATH: [join(prefix, 'bin'), process.env.PATH].join(delimiter) };
    for (const name of ['keys', 'keys-create', 'keys-profile-use']) {
      const { exit, stdout, stderr } = await man(box, [name], env);
      expect([exit, stderr]).toEqual([0, '']);
      expect(stdout).toContain(`${name} - `);
    }
    expect((await man(box, ['keys', 'create'], env)).stdout).toContain('keys-create - create a key');
  },
  slow,
);
