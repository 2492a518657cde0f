import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { unreal } from '../../src/providers/built-in/unreal.ts';
import { FaultServer, json } from '../support/fault-server.ts';
import { Sandbox } from '../support/sandbox.ts';
import { folders, Transcript } from '../support/transcript.ts';

test("a user's own provider works like a built-in one", async () => {
  const [box, server] = [new Sandbox(), await FaultServer.start()];
  const mine = { ...unreal, id: 'mine', list: { get: '/keys', items: 'all' } };
  box.ownProvider(mine);
  server.on('GET /keys', json(200, { all: [{ name: 'ci\u001b[2J', hash: 'h1', created: 0 }] }));
  const options = {
    env: { KEYS_PROVIDER: 'mine', KEYS_URL: server.origin, KEYS_TOKEN: 'tok-EXAMPLE', NO_COLOR: '1' },
    terminal: 100,
    now: new Date('2026-11-20T12:00:00Z'),
  };
  const run = await box.keys(['list'], options);
  expect(run.stdout).not.toContain('\u001b');
  expect(new Transcript(box, []).of(['list'], run)).toMatchInlineSnapshot(`
    "$ keys list
    exit 0
    --- stdout
    mine
    1 active · 0 expired · 0 revoked

    NAME       ID  STATUS
    ci\\x1b[2J  h1  active
    "
  `);
});

test('provider check lists each fault with its path: exit 8', async () => {
  const box = new Sandbox();
  box.write('broken.json', '{"id": "Mine", "name": ""}');
  const shows = new Transcript(box, [folders]);
  const args = ['provider', 'check', 'broken.json'];
  const faults = await box.keys(args);
  box.write('broken.json', 'not json');
  const noJson = await box.keys(args);
  rmSync(join(box.cwd, 'broken.json'));
  expect(shows.of(args, faults)).toMatchInlineSnapshot(`
    "$ keys provider check broken.json
    exit 8
    --- stdout
    1	1	auth	is required; write "auth": { "header": "Authorization", "scheme": "Bearer" }
    1	1	capabilities	is required; write "capabilities": { "overlap": "client", "expiry": "none", "uniqueNames": false, "maxKeys": null }
    1	1	list	is required; write "list": { "get": "/keys", "items": "data" }
    1	1	key	is required; write "key": { "id": "id", "name": "name" }
    1	1	create	is required; write "create": { "post": "/keys", "body": { "name": "{name}" }, "key": "", "secret": "secret" }, or say in console where keys are created
    1	1	revoke	is required; write "revoke": { "delete": "/keys/{id}" }, or say in console where keys are revoked
    1	2	id	use lower-case letters, digits and dashes
    1	16	name	is empty; write a text
    "
  `);
  expect(shows.of(args, noJson)).toMatchInlineSnapshot(`
    "$ keys provider check broken.json
    exit 8
    --- stdout
    1	1		has a word without quotes; write it in double quotes
    "
  `);
});

test('doctor names the own providers, and each file that is faulty', async () => {
  const box = new Sandbox();
  box.ownProvider({ ...unreal, id: 'mine' });
  const folder = join(box.home, 'config', 'providers');
  box.write(join(folder, 'faulty.json'), JSON.stringify({ ...unreal, id: 'faulty', name: 7 }));
  box.write(join(folder, 'list.json'), '[]');
  box.write(join(folder, 'half.json'), '{ "id": "half",');
  const { exit, stdout } = await box.keys(['doctor', '--json', 'check,status,message,hint']);
  const findings: { check: string }[] = JSON.parse(stdout);
  const shown = findings.filter(({ check }) => check === 'providers');
  expect(exit).toBe(0);
  expect(new Transcript(box, [folders]).filtered(JSON.stringify(shown, undefined, 1))).toMatchInlineSnapshot(`
    "[
     {
      "check": "providers",
      "status": "ok",
      "message": "your own: mine"
     },
     {
      "check": "providers",
      "status": "warn",
      "message": "[folder 1]/config/providers/faulty.json is not a valid provider: name: is 7, expected string; write \\"name\\": \\"My API\\"",
      "hint": "keys provider check [folder 1]/config/providers/faulty.json"
     },
     {
      "check": "providers",
      "status": "warn",
      "message": "[folder 1]/config/providers/half.json is not valid JSON: expected double-quoted property name at position 15",
      "hint": "keys provider check [folder 1]/config/providers/half.json"
     },
     {
      "check": "providers",
      "status": "warn",
      "message": "[folder 1]/config/providers/list.json is not a valid provider: is not an object; write { \\"id\\": \\"my-api\\", … }, or let keys provider new write one",
      "hint": "keys provider check [folder 1]/config/providers/list.json"
     }
    ]"
  `);
});
