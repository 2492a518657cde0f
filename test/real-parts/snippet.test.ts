import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { lacks } from '../support/real-parts.ts';
import { Sandbox } from '../support/sandbox.ts';
import { startServe } from '../support/serving.ts';

/* What `keys snippet` prints, run by what it is written for, against a server that takes the key. */

const hostile = `it's $(touch pwned) \`touch pwned\`
touch pwned`;

const runs = [
  { lang: 'curl', file: 'call.sh', command: ['sh', 'call.sh'], parts: ['curl'] },
  { lang: 'python', file: 'call.py', command: ['python3', 'call.py'], parts: ['python3'] },
  { lang: 'node', file: 'call.mjs', command: [process.execPath, 'call.mjs'], parts: [] },
  { lang: 'node', file: 'call.cjs', command: [process.execPath, 'call.cjs'], parts: [] },
] as const;

/** A server, and a key of an awkward name in the file `key`. */
async function started(): Promise<{
  box: Sandbox;
  id: string;
  write: (lang: string, file: string) => Promise<void>;
}> {
  const box = new Sandbox();
  box.expectSecretIn('key');
  const made = await box.keys(['create', hostile, '--to', 'file:key', '--json']);
  const { id } = JSON.parse(made.stdout) as { id: string };
  const { url } = await startServe(box);
  const write = async (lang: string, file: string) => {
    const { stdout } = await box.keys(['snippet', id, '--lang', lang]);
    writeFileSync(join(box.cwd, file), stdout.replaceAll('http://127.0.0.1:8787', url));
  };
  return { box, id, write };
}

describe.each(runs)('$lang as $file', ({ lang, file, command, parts }) => {
  test.skipIf(lacks(...parts))('calls the API with the value that keys run puts there', async () => {
    const { box, write } = await started();
    await write(lang, file);
    const run = await box.program(['run', '--env', 'API_KEY=file:key', '--', ...command]);
    expect(run).toMatchObject({ exit: 0, stderr: '' });
    expect(run.stdout).toContain('{"object":"list","data":[]}');
    expect(existsSync(join(box.cwd, 'pwned'))).toBe(false);
  });
});

test.skipIf(lacks('curl')).each(['sh', 'bash'])(
  '%s asks for the value, and leaves it in the variable',
  async (shell) => {
    const { box, write } = await started();
    await write('sh', 'call.sh');
    writeFileSync(join(box.cwd, 'whole.sh'), `. ./call.sh\nprintf ' %s' "$(printf %s "$API_KEY" | wc -c)"\n`);
    const run = await box.command([shell, 'whole.sh'], { stdin: `${box.read('key').trim()}\n` });
    expect(run).toMatchObject({ exit: 0, stdout: '{"object":"list","data":[]} 70' });
    expect(run.stderr).toBe('API key: \n');
    expect(existsSync(join(box.cwd, 'pwned'))).toBe(false);
  },
);
