import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { lacks } from '../support/real-parts.ts';
import { Sandbox } from '../support/sandbox.ts';
import { startServe } from '../support/serving.ts';

/* The output of `keys snippet`, run by the program that it is written for, against a server that accepts the key. */

const hostile = `it's $(touch pwned) \`touch pwned\`
touch pwned`;

const models = '{"object":"list","data":[]}';

const runs = [
  { lang: 'curl', file: 'call.sh', command: ['sh', 'call.sh'], parts: ['curl'], stdout: models },
  {
    lang: 'python',
    file: 'call.py',
    command: ['python3', 'call.py'],
    parts: ['python3'],
    stdout: `200 ${models}\n`,
  },
  {
    lang: 'node',
    file: 'call.mjs',
    command: [process.execPath, 'call.mjs'],
    parts: [],
    stdout: `200 ${models}\n`,
  },
  {
    lang: 'node',
    file: 'call.cjs',
    command: [process.execPath, 'call.cjs'],
    parts: [],
    stdout: `200 ${models}\n`,
  },
] as const;

/** A server, and a key of an awkward name in the file `key`. */
async function startWithKey(): Promise<{
  box: Sandbox;
  id: string;
  write: (lang: string, file: string) => Promise<void>;
}> {
  const box = new Sandbox();
  box.expectSecretIn('key');
  const created = await box.keys(['create', hostile, '--to', 'file:key', '--json']);
  const { id } = JSON.parse(created.stdout) as { id: string };
  const { url } = await startServe(box);
  const write = async (lang: string, file: string) => {
    const { stdout } = await box.keys(['snippet', id, '--lang', lang]);
    writeFileSync(join(box.cwd, file), stdout.replaceAll('http://127.0.0.1:8787', url));
  };
  return { box, id, write };
}

describe.each(runs)('$lang as $file', ({ lang, file, command, parts, stdout }) => {
  test.skipIf(lacks(...parts))('calls the API with the value that keys run sets', async () => {
    const { box, write } = await startWithKey();
    await write(lang, file);
    const run = await box.program(['run', '--env', 'API_KEY=file:key', '--', ...command]);
    expect(run).toEqual({ exit: 0, stdout, stderr: '' });
    expect(existsSync(join(box.cwd, 'pwned'))).toBe(false);
  });
});

test.skipIf(lacks('curl')).each(['sh', 'bash'])(
  '%s asks for the value, and leaves it in the variable',
  async (shell) => {
    const { box, write } = await startWithKey();
    await write('sh', 'call.sh');
    writeFileSync(join(box.cwd, 'whole.sh'), `. ./call.sh\nprintf ' %s' "$(printf %s "$API_KEY" | wc -c)"\n`);
    const run = await box.command([shell, 'whole.sh'], { stdin: `${box.read('key').trim()}\n` });
    expect(run).toMatchObject({ exit: 0, stdout: `${models} 70` });
    expect(run.stderr).toBe('API key: \n');
    expect(existsSync(join(box.cwd, 'pwned'))).toBe(false);
  },
);
