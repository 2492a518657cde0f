import { parse } from 'dotenv';
import { expect, test } from 'vitest';
import { withCompiledCode } from '../support/compiled-code.ts';
import { integrityOf, refusedKeys } from '../support/embedded-authority.ts';
import { Sandbox } from '../support/sandbox.ts';

/** Longer than any machine needs: nothing may fail, however long it takes. */
const longTimeout = ['--timeout', '10min'];
const slow = 300_000;

test(
  '200 processes at once, with no database yet, create 200 keys',
  async () => {
    const box = new Sandbox();
    const names = numbered(200, 'parallel-');
    const secretOnStdout = true;
    const env = await withCompiledCode(box, ['create', 'ci', '--secret-only'], { secretOnStdout });

    const runs = await Promise.all(
      names.map((name) =>
        box.program(['create', name, '--secret-only', ...longTimeout], { env, secretOnStdout }),
      ),
    );

    expect(runs.filter(({ exit, stderr }) => exit !== 0 || stderr !== '')).toEqual([]);
    const keys = JSON.parse((await box.program(['list', '--json'])).stdout) as { id: string; name: string }[];
    expect(keys.map(({ name }) => name).sort()).toEqual([...names].sort());
    expect(new Set(keys.map(({ id }) => id)).size).toBe(200);
    const secrets = runs.map(({ stdout }) => stdout.trimEnd());
    expect(new Set(secrets).size).toBe(200);
    expect(await refusedKeys(box, secrets)).toEqual([]);
    expect(integrityOf(box)).toEqual(['ok']);
  },
  slow,
);

test(
  '20 processes at once each set their variable in one dotenv file',
  async () => {
    const box = new Sandbox();
    box.expectSecretIn('.env');
    const variables = numbered(20, 'KEY_');

    const runs = await Promise.all(
      variables.map((variable) =>
        box.program(['create', variable, '--to', `env:.env#${variable}`, ...longTimeout]),
      ),
    );

    expect(runs.filter(({ exit }) => exit !== 0)).toEqual([]);
    const entries = parse(box.read('.env'));
    expect(Object.keys(entries).sort()).toEqual([...variables].sort());
    expect(new Set(Object.values(entries)).size).toBe(20);
    expect(await refusedKeys(box, Object.values(entries))).toEqual([]);
    const names = (await box.program(['list', '--format', 'tsv'])).stdout;
    for (const [variable, secret] of Object.entries(entries)) {
      expect(names).toContain(`${secret.split('_')[1]}\t${variable}\t`);
    }
  },
  slow,
);

function numbered(count: number, prefix: string): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${index + 1}`);
}
