import { expect, test } from 'vitest';
import { refusedKeys } from '../support/embedded-authority.ts';
import { lacks } from '../support/real-parts.ts';
import { Sandbox } from '../support/sandbox.ts';
import { shell } from '../support/shell.ts';
import { secrets, Transcript, times } from '../support/transcript.ts';

test.skipIf(lacks('jq'))('jq reads the secret, and nothing else, from the record of a new key', async () => {
  const box = new Sandbox();
  const line = 'keys create ci --expires 90d --json | jq -r .secret';
  const run = await shell(box, line, { secretOnStdout: true });
  expect(new Transcript(box, [secrets, times]).line(line, run)).toMatchInlineSnapshot(`
    "$ keys create ci --expires 90d --json | jq -r .secret
    exit 0
    --- stdout
    [secret 1]
    --- stderr
    expires [time] (in 90 days)
    "
  `);
  expect(await refusedKeys(box, [run.stdout.trimEnd()])).toEqual([]);
});
