import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { builtInProviders } from '../../src/providers/built-in/built-in.ts';
import { unreal } from '../../src/providers/built-in/unreal.ts';
import { Sandbox } from '../support/sandbox.ts';
import { folders, Transcript } from '../support/transcript.ts';

/* Files of the user's own beside the providers that are known. */

test('a faulty file hurts only itself', async () => {
  const box = new Sandbox();
  box.ownProvider({ ...unreal, id: 'mine' });
  box.ownProvider({ id: 'broken' });
  box.ownProvider({ ...unreal, id: 'local' });
  writeFileSync(join(box.home, 'config', 'providers', 'odd.json'), 'not json');
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
