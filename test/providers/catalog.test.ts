import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { builtInProviders } from '../../src/providers/built-in/built-in.ts';
import { unreal } from '../../src/providers/built-in/unreal.ts';
import { FaultServer, json } from '../support/fault-server.ts';
import { Sandbox } from '../support/sandbox.ts';
import { folders, Transcript } from '../support/transcript.ts';

/* Files of the user's own beside the providers that are known. */

test('a faulty file hurts only itself', async () => {
  const box = new Sandbox();
  box.ownProvider({ ...unreal, id: 'mine' });
  box.ownProvider({ id: 'broken' });
  box.ownProvider({ ...unreal, id: 'local' });
  writeFileSync(join(box.home, 'config', 'providers', 'odd.json'), 'not json');
  writeFileSync(join(box.home, 'config', 'providers', 'pit.json'), '['.repeat(100_000));
  const shows = new Transcript(box, [folders]);
  const list = await shows.keys(['provider', 'list', '--json', 'id']);
  const builtIn = (await builtInProviders()).map(({ id }) => id);
  expect(JSON.parse(/\[\n.*?\n\]/s.exec(list)?.[0] ?? '')).toEqual(
    ['local', ...builtIn, 'mine'].map((id) => ({ id })),
  );
  expect(list.slice(list.indexOf('--- stderr'))).toMatchInlineSnapshot(`
    "--- stderr
    warning: [folder 1]/config/providers/broken.json is not a valid provider: name: is required; write "name": "My API" (and 6 more); keys provider check [folder 1]/config/providers/broken.json
    warning: [folder 1]/config/providers/local.json is not a valid provider: id: 'local' is reserved for the embedded authority; choose another id; keys provider check [folder 1]/config/providers/local.json
    warning: [folder 1]/config/providers/odd.json is not valid JSON: unexpected token 'o'; keys provider check [folder 1]/config/providers/odd.json
    warning: [folder 1]/config/providers/pit.json is nested more than 200 levels deep, so it is no declaration
    "
  `);
  expect(await shows.keys(['provider', 'show', 'mine', '--json', 'id,name'])).toMatchInlineSnapshot(`
    "$ keys provider show mine --json id,name
    exit 0
    --- stdout
    {
      "id": "mine",
      "name": "Unreal AI"
    }
    "
  `);
  expect(await shows.keys(['provider', 'show', 'broken'])).toMatchInlineSnapshot(`
    "$ keys provider show broken
    exit 1
    --- stderr
    error: [folder 1]/config/providers/broken.json is not a valid provider: name: is required; write "name": "My API" (and 6 more)
    hint: keys provider check [folder 1]/config/providers/broken.json
    "
  `);
});

test('a faulty file hides the built-in provider that it would replace, as commands refuse it', async () => {
  const box = new Sandbox();
  box.ownProvider({ id: 'npm' });
  writeFileSync(join(box.home, 'config', 'providers', 'openai.json'), 'not json');
  const { stdout, stderr } = await box.keys(['provider', 'list', '--json', 'id']);
  const ids = JSON.parse(stdout).map(({ id }: { id: string }) => id);
  expect(ids).toContain('anthropic');
  for (const id of ['npm', 'openai']) {
    expect(ids).not.toContain(id);
    expect(stderr).toContain(`${id}.json is not `);
    expect(await box.keys(['provider', 'show', id])).toMatchObject({ exit: 1 });
  }
});

test('a faulty file does not concern another profile, nor its provider', async () => {
  const [box, server] = [new Sandbox(), await FaultServer.start()];
  const mineProvider = { ...unreal, id: 'mine', list: { get: '/keys', items: 'keys' } };
  box.ownProvider(mineProvider);
  box.ownProvider({ id: 'broken' });
  box.ownProvider({ ...unreal, id: 'local' });
  server.on('GET /keys', json(200, { keys: [{ name: 'ci', hash: 'h1', created: 0 }] }));
  const env = { KEYS_PROVIDER: 'mine', KEYS_URL: server.origin, KEYS_TOKEN: 'tok-EXAMPLE' };
  const mine = await box.keys(['list', '--json', 'id'], { env });
  expect([mine.exit, JSON.parse(mine.stdout), mine.stderr]).toEqual([0, [{ id: 'h1' }], '']);
  const own = await box.keys(['list', '--json', 'id']);
  expect([own.exit, JSON.parse(own.stdout), own.stderr]).toEqual([0, [], '']);
  const broken = await box.keys(['list'], { env: { ...env, KEYS_PROVIDER: 'broken' } });
  expect(broken.exit).toBe(1);
  expect(broken.stderr).toMatch(
    /^error: .*broken\.json is not a valid provider: .*\nhint: keys provider check /,
  );
});
