import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runKilled } from '../support/killing.ts';
import { lacks } from '../support/real-parts.ts';
import { filesBelow, holdsSecret, Sandbox } from '../support/sandbox.ts';

const flags = ['--url', 'http://127.0.0.1:9', '--with-token', '--store', 'file', '--no-verify'];
const login = ['login', '--profile', 'work', '--provider', 'openrouter', ...flags];

test.skipIf(lacks('strace'))(
  'a killed login leaves a token only in its store',
  async () => {
    const ended: number[] = [];
    for (let call = 1; ended.length === 0; call += 1) {
      const box = new Sandbox();
      const { wasKilled } = await runKilled(box, login, { call }, { stdin: 'tok-firstEXAMPLE\n' });
      if (!wasKilled) ended.push(call);
      expect(await box.program(['recover', '--all', '--yes'])).toMatchObject({ exit: 0 });
      const store = join(box.home, 'data', 'tokens.json');
      const holders = filesBelow(box.home).filter((file) => holdsSecret(readFileSync(file, 'latin1')));
      // This is the first token: if it was not stored, there is no file.
      expect(holders, `killed at call ${call}`).toEqual(existsSync(store) ? [store] : []);
      const again = await box.program(login, { stdin: 'tok-secondEXAMPLE\n' });
      expect(again).toMatchObject({ exit: 0 });
      expect(readFileSync(store, 'utf8')).not.toContain('tok-firstEXAMPLE');
    }
    expect(ended[0]).toBeGreaterThan(3);
  },
  60_000,
);
