import { expect, test } from 'vitest';
import { refusedKeys } from '../support/embedded-authority.ts';
import { lacks } from '../support/real-parts.ts';
import { Sandbox } from '../support/sandbox.ts';
import { shell } from '../support/shell.ts';

test.skipIf(lacks('jq'))(
  'jq takes the secret of a new key, and nothing else, out of the record',
  async () => {
    const box = new Sandbox();
    const { exit, stdout, stderr } = await shell(box, 'keys create ci --expires 90d --json | jq -r .secret', {
      secretOnStdout: true,
    });
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: expect.stringMatching(/^expires [^\n]*\n$/) });
    expect(stdout).toMatch(/^sk_\w+\n$/);
    expect(await refusedKeys(box, [stdout.trimEnd()])).toEqual([]);
  },
);
