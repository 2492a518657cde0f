import { expect, test } from 'vitest';
import { fileOf } from '../support/declaration.ts';
import { Sandbox } from '../support/sandbox.ts';
import type { Terminal } from '../support/terminal.ts';
import { keysIn } from '../support/terminal.ts';
import { folders, Transcript } from '../support/transcript.ts';

const enter = '\r';
const down = '\x1b[B';

/** Types an answer at each question, in this order. */
async function answer(terminal: Terminal, answers: readonly [question: string, keys: string][]) {
  for (const [question, keys] of answers) {
    await terminal.shows(question);
    await terminal.rests();
    terminal.type(keys);
  }
}

test('provider new asks for an API and writes its declaration, checked', async () => {
  const box = new Sandbox();
  const terminal = keysIn(box, ['provider', 'new'], { columns: 120 });
  await answer(terminal, [
    ['Id of the provider', `Acme${enter}`],
    ['use lower-case letters', `acme${enter}`],
    ['Name to show', `Acme AIP${enter}`],
    ['Base URL', `<${enter}`],
    ['Name to show', `Acme API${enter}`],
    ['Base URL', `https://api.example.com${enter}`],
    ['its documentation', `https://example.com/docs${enter}`],
    ['take the session token', down + enter],
    ['Name of the header', enter],
    ['Word before the token', enter],
    ['Header of every request', enter],
    ['Settings that paths', enter],
    ['Path that lists', `/v1/keys${enter}`],
    ['with the keys', `.${enter}`],
    ['further pages', down + down + down + enter],
    ['keys per page', enter],
    ['Keys per page', `50${enter}`],
    ['Parameter for the cursor', `after${enter}`],
    ['next cursor', enter],
    ['with its id', enter],
    ['with its name', enter],
    ['its creation', enter],
    ['How is created_at written', down + enter],
    ['its last use', enter],
    ['it works', enter],
    ['Method to create', enter],
    ['Path to create', enter],
    ['for the name', `label${enter}`],
    ['When can a key expire', down + down + enter],
    ['The spans', `30d, 90d${enter}`],
    ['for the expiry', `ttl${enter}`],
    ['How is ttl written', down.repeat(5) + enter],
    ['with its expiry', `-${enter}`],
    ['Permissions a key', enter],
    ['can be set for a key', `rate limit${enter}`],
    ['for the rate limit', enter],
    ['the same name', enter],
    ['the new key', `key${enter}`],
    ['with the secret', enter],
    ['shows one key', enter],
    ['be changed', down + enter],
    ['Path to change', enter],
    ['that response with the key', enter],
    ['Method to revoke', enter],
    ['Path to revoke', `/v1/keys${enter}`],
    ['write a path with {id}', `/v1/keys/{id}${enter}`],
    ['side by side', down + down + enter],
    ['Method to rotate', enter],
    ['Path to rotate', enter],
    ['Which key has', enter],
    ['the new secret', enter],
    ['active at a time', enter],
    ['any working key', `/v1/me${enter}`],
    ['a working key has', `id${enter}`],
    ['count the use', down + enter],
    ['with its requests', enter],
    ['with its tokens', enter],
    ['has spent', enter],
    ['requests made with keys', enter],
  ]);
  expect(await new Transcript(box, [folders]).screen('keys provider new', terminal)).toMatchInlineSnapshot(`
    "$ keys provider new
    exit 0
    --- screen
    Enter takes the proposal, - leaves a part out, < goes back to the question before
    ✔ Id of the provider, such as my-api Acme
    ✔ Id of the provider, such as my-api (use lower-case letters, digits and dashes) acme
    ✔ Name to show Acme AIP
    ✔ Base URL of the API (- if every installation has its own) <
    ✔ Name to show Acme API
    ✔ Base URL of the API (- if every installation has its own) https://api.example.com
    ✔ URL of its documentation https://example.com/docs
    ✔ How does the API take the session token? in another header
    ✔ Name of the header X-Api-Key
    ✔ Word before the token -
    ✔ Header of every request, such as X-Api-Version: 2 -
    ✔ Settings that paths contain, such as project -
    ✔ Path that lists the keys /v1/keys
    ✔ Field of the response with the keys (. if it is the list itself) .
    ✔ How are further pages read? by a cursor in the response
    ✔ Parameter for the keys per page limit
    ✔ Keys per page 50
    ✔ Parameter for the cursor after
    ✔ Field of the response with the next cursor next_cursor
    ✔ Field of a key with its id id
    ✔ Field with its name (- if keys have none) name
    ✔ Field with the time of its creation (- if there is none) created_at
    ✔ How is created_at written? seconds since 1970, UTC
    ✔ Field with the time of its last use, such as last_used_at -
    ✔ Field that tells whether it works (- if every listed key does) -
    ✔ Method to create a key POST
    ✔ Path to create a key /v1/keys
    ✔ Field of the body for the name label
    ✔ When can a key expire? after one of a few spans
    ✔ The spans, with commas 30d, 90d
    ✔ Field of the body for the expiry ttl
    ✔ How is ttl written? seconds from now
    ✔ Field of a key with its expiry (- if there is none) -
    ✔ Permissions a key can have, the weakest first, with commas (- if there are none) -
    ✔ Which of description, rate limit, budget, models, labels can be set for a key? rate limit
    ✔ Field for the rate limit (requests a minute), in the body and in a key rate_limit
    ✔ Can two keys have the same name? yes
    ✔ Field of the response with the new key (. if it is the response itself) key
    ✔ Field of the response with the secret key.secret
    ✔ Path that shows one key, such as /v1/keys/{id} -
    ✔ Can a key be changed? yes, by a PATCH of what changes
    ✔ Path to change a key /v1/keys/{id}
    ✔ Field of that response with the key (. if it is the response itself) key
    ✔ Method to revoke a key DELETE
    ✔ Path to revoke a key /v1/keys
    ✔ Path to revoke a key (write a path with {id}, such as /keys/{id}) /v1/keys/{id}
    ✔ Can an old and a new secret work side by side? no, a rotation by the API ends the old secret at once
    ✔ Method to rotate a key POST
    ✔ Path to rotate a key /v1/keys/{id}/rotate
    ✔ Which key has the new secret? the same one: it keeps its id
    ✔ Field of that response with the new secret key.secret
    ✔ How many keys can be active at a time? (- if any number) -
    ✔ Path of a harmless GET that any working key may make /v1/me
    ✔ Field that only the response to a working key has id
    ✔ Does the API count the use of keys? yes, in the fields of each key
    ✔ Field of a key with its requests usage.requests
    ✔ Field with its tokens, such as tokens -
    ✔ Field with what it has spent, in US dollars, such as spent -
    ✔ Path that lists the requests made with keys, such as /logs -
    warning: acme.json:61:3: key: does not say where expiresAt is, though create sends it: rotations are refused without
             --allow-loss
    wrote acme.json; next:
      keys provider check acme.json --show-requests
      keys provider add acme.json
    not asked: token exchange, signing, XML, verifying at another host; see docs/providers.md, from "Calls" on
    --- files
    acme.json (600): {
      "id": "acme",
      "name": "Acme API",
      "docs": "https://example.com/docs",
      "url": "https://api.example.com",
      "auth": {
        "header": "X-Api-Key"
      },
      "capabilities": {
        "overlap": "none",
        "expiry": "steps",
        "expirySteps": [
          "30d",
          "90d"
        ],
        "uniqueNames": false,
        "maxKeys": null
      },
      "list": {
        "get": "/v1/keys",
        "items": "",
        "paging": {
          "by": "cursor",
          "cursor": "after",
          "next": "next_cursor",
          "limit": "limit",
          "size": 50
        }
      },
      "create": {
        "post": "/v1/keys",
        "body": {
          "label": "{name}",
          "rate_limit": "{rateLimitRpm}",
          "ttl": "{expiresAt:seconds}"
        },
        "key": "key",
        "secret": "key.secret"
      },
      "rotate": {
        "post": "/v1/keys/{id}/rotate",
        "keepsId": true,
        "secret": "key.secret"
      },
      "update": {
        "patch": "/v1/keys/{id}",
        "body": {
          "label": "{name}",
          "rate_limit": "{rateLimitRpm}",
          "ttl": "{expiresAt:seconds}"
        },
        "key": "key"
      },
      "revoke": {
        "delete": "/v1/keys/{id}"
      },
      "verify": {
        "get": "/v1/me",
        "requires": "id"
      },
      "key": {
        "id": "id",
        "name": "name",
        "createdAt": {
          "at": "created_at",
          "as": "epochSeconds"
        },
        "rateLimitRpm": "rate_limit",
        "usage": {
          "requests": "usage.requests"
        }
      }
    }
    "
  `);
});

test('provider new does not start over a file that is to stay', async () => {
  const box = new Sandbox();
  box.write('acme.json', fileOf());
  const terminal = keysIn(box, ['provider', 'new', 'acme.json']);
  await answer(terminal, [
    ['Id of the provider', `acme${enter}`],
    ['Replace acme.json?', enter],
  ]);
  expect(await terminal.ended).toBe(1);
  expect(terminal.screen).toContain('error: declined: acme.json is as it was');
  expect(box.read('acme.json')).toBe(fileOf());
});

test('provider add asks before it replaces a declaration', async () => {
  const box = new Sandbox();
  box.ownProvider(JSON.parse(fileOf()));
  box.write('my-api.json', fileOf({ name: 'Another API' }));
  const terminal = keysIn(box, ['provider', 'add', 'my-api.json'], { columns: 160 });
  await answer(terminal, [['Replace your provider example?', down + enter]]);
  const story = new Transcript(box, [folders]);
  expect(await story.screen('keys provider add my-api.json', terminal)).toContain(
    'installed: Another API as [folder 1]/config/providers/example.json; to use it: keys login --provider example',
  );
  const show = await box.program(['provider', 'show', 'example', '--json', 'name']);
  expect(JSON.parse(show.stdout)).toEqual({ name: 'Another API' });
});

test('without a terminal, provider new refuses, and says how a declaration is written', async () => {
  const run = await new Sandbox().program(['provider', 'new']);
  expect(run.exit).toBe(2);
  expect(run.stderr).toMatchInlineSnapshot(`
    "error: keys provider new asks questions, and cannot here: not a terminal; write the file yourself (docs/providers.md)
    hint: keys provider check FILE
    hint: keys provider add FILE
    "
  `);
});
