import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fileOf } from '../support/declaration.ts';
import { Sandbox } from '../support/sandbox.ts';
import { folders, Transcript } from '../support/transcript.ts';

/* Ten files, as their authors might write them: each fault is named with its place, and with what to write instead. */

async function check(text: string): Promise<string> {
  const box = new Sandbox();
  box.write('acme.json', text);
  const args = ['provider', 'check', 'acme.json'];
  const run = await box.keys(args, { terminal: 200, env: { NO_COLOR: '1' } });
  // One of the files has a secret, which no file is to keep.
  rmSync(join(box.cwd, 'acme.json'));
  return new Transcript(box, [folders]).printed(`keys ${args.join(' ')}`, run);
}

test('1: a comma too many', async () => {
  expect(await check('{\n  "id": "acme",\n  "name": "Acme",\n}\n')).toMatchInlineSnapshot(`
    "$ keys provider check acme.json
    exit 8
    --- stdout
    acme.json:4:1: has a comma before a closing bracket; remove the comma
    "
  `);
});

test('a field without a value', async () => {
  expect(await check('{\n  "id": "acme",\n  "name": }\n')).toMatchInlineSnapshot(`
    "$ keys provider check acme.json
    exit 8
    --- stdout
    acme.json:3:11: has a field without a value; write one after the colon
    "
  `);
});

test('2: a comment', async () => {
  expect(await check('{\n  // our own API\n  "id": "acme"\n}\n')).toMatchInlineSnapshot(`
    "$ keys provider check acme.json
    exit 8
    --- stdout
    acme.json:2:3: has a comment, which JSON does not allow; remove it
    "
  `);
});

test('3: nothing but a name', async () => {
  expect(await check('{ "name": "Acme" }\n')).toMatchInlineSnapshot(`
    "$ keys provider check acme.json
    exit 8
    --- stdout
    acme.json:1:1: id: is required; write "id": "my-api"
    acme.json:1:1: auth: is required; write "auth": { "header": "Authorization", "scheme": "Bearer" }
    acme.json:1:1: capabilities: is required; write "capabilities": { "overlap": "client", "expiry": "none", "uniqueNames": false, "maxKeys": null }
    acme.json:1:1: list: is required; write "list": { "get": "/keys", "items": "data" }
    acme.json:1:1: key: is required; write "key": { "id": "id", "name": "name" }
    acme.json:1:1: create: is required; write "create": { "post": "/keys", "body": { "name": "{name}" }, "key": "", "secret": "secret" }, or say in console where keys are created
    acme.json:1:1: revoke: is required; write "revoke": { "delete": "/keys/{id}" }, or say in console where keys are revoked
    "
  `);
});

test('4: misspelt and misplaced fields, and values of another type', async () => {
  const text = fileOf({
    id: 'Acme API',
    name: 7,
    Url: 'https://api.example.com',
    overlap: 'client',
    auth: 'Bearer',
    capabilities: { overlap: 'clients', expiry: 'any', uniquenames: false, maxKeys: -3 },
    key: { id: 'id', name: 'name', expires_at: 'expires_at', createdAt: { at: 'created', as: 'epoch' } },
    verify: { get: '/me', reading: { '402': 'no-money', teapot: 'ok' } },
    show: [],
  });
  expect(await check(text)).toMatchInlineSnapshot(`
    "$ keys provider check acme.json
    exit 8
    --- stdout
    acme.json:2:3: id: use lower-case letters, digits and dashes
    acme.json:3:3: name: is 7, expected string; write "name": "My API"
    acme.json:5:3: auth: is string, expected object; write "auth": { "header": "Authorization", "scheme": "Bearer" }
    acme.json:7:5: capabilities.overlap: is "clients", expected "none" or "client" or "server"; did you mean "client"?
    acme.json:9:5: capabilities.uniquenames: is not a known field; did you mean "uniqueNames"?
    acme.json:10:5: capabilities.maxKeys: is not at least 1; write a number, or null for no limit
    acme.json:31:5: key.expires_at: is not a known field; did you mean "expiresAt"?
    acme.json:34:7: key.createdAt.as: is "epoch", expected "epochSeconds" or "epochMilliseconds" or "date"; did you mean "epochSeconds"?
    acme.json:37:3: Url: is not a known field; did you mean "url"?
    acme.json:42:7: verify.reading.402: is "no-money", expected "ok" or "invalid" or "expired" or "revoked" or "forbidden" or "no-models" or "budget" or "rate-limited" or "unreachable"
    acme.json:43:7: verify.reading.teapot: is not an HTTP status; write one such as 403
    acme.json:46:3: show: is list, expected object; write "show": { "get": "/keys/{id}" }
    "
  `);
});

test('5: placeholders that cannot be filled, or would be sent as they are', async () => {
  const text = fileOf({
    headers: { 'X-Team': '{option.team}', 'X-Name': '{name}' },
    create: {
      post: '/keys/{description}',
      body: {
        name: '{name}',
        ttl: '{expiresAt:seconds}s',
        expires_at: '{expiresAt}',
        rpm: '{rate_limit}',
        scopes: ['{permission}'],
        'for {name}': true,
        note: '{ description }',
        pin: '{secret.pin}',
        role: '{kept.role}',
      },
      key: 'data',
      secret: 'secret',
    },
    list: { get: '/keys', items: 'data', query: { owner: '{name}' } },
  });
  expect(await check(text)).toMatchInlineSnapshot(`
    "$ keys provider check acme.json
    exit 8
    --- stdout
    acme.json:19:7: list.query.owner: {name} is not available: this call has no inputs; remove it
    acme.json:23:5: create.post: {description} cannot be part of a path: it may have no value; send it in the query or the body
    acme.json:26:7: create.body.ttl: {expiresAt:seconds} may have no value; make it the whole text, without anything beside it
    acme.json:27:7: create.body.expires_at: {expiresAt} needs one of :iso, :time, :date, :epochSeconds, :epochMilliseconds, :seconds, :milliseconds, :minutes, :hours, :days, :duration, :step, :stepMilliseconds
    acme.json:28:7: create.body.rpm: {rate_limit} is not a placeholder and would be sent as it is; did you mean {rateLimitRpm}?
    acme.json:30:9: create.body.scopes.0: {permission} is not available; did you mean {permissions}?
    acme.json:32:7: create.body.for {name}: {name} is not filled in in the name of a field; write the name itself
    acme.json:33:7: create.body.note: { description } is not a placeholder and would be sent as it is; did you mean {description}?
    acme.json:34:7: create.body.pin: {secret.pin} is not declared in secrets; add "pin": { "help": "what it is" } there
    acme.json:35:7: create.body.role: {kept.role} is not declared in key.kept; add "role" and its path there
    acme.json:49:5: headers.X-Team: {option.team} is not declared in options; add "team": { "help": "what it is", "required": true } there
    acme.json:50:5: headers.X-Name: {name} is not available in the headers of every call: use {option.NAME} or {secret.NAME}
    "
  `);
});

test('6: calls about one key that do not say which', async () => {
  const text = fileOf({
    show: { get: '/key' },
    create: { post: '/keys', body: { expires_at: '{expiresAt:iso}' }, key: 'data', secret: 'secret' },
    rotate: { post: '/rotate', key: 'data', secret: 'secret' },
    update: { patch: '/key', body: { name: '{name}' } },
    disable: { post: '/disable' },
    enable: { post: '/enable' },
    revoke: { post: '/revoke' },
  });
  expect(await check(text)).toMatchInlineSnapshot(`
    "$ keys provider check acme.json
    exit 8
    --- stdout
    acme.json:19:3: create: does not use {name}, so new keys would have no name; add "name": "{name}" to its body
    acme.json:27:3: revoke: does not use {id}, so the API cannot tell which key is meant; add it, such as "/keys/{id}"
    acme.json:35:3: show: does not use {id}, so the API cannot tell which key is meant; add it, such as "/keys/{id}"
    acme.json:38:3: rotate: does not use {id}, so the API cannot tell which key is meant; add it, such as "/keys/{id}"
    acme.json:43:3: update: does not use {id}, so the API cannot tell which key is meant; add it, such as "/keys/{id}"
    acme.json:49:3: disable: does not use {id}, so the API cannot tell which key is meant; add it, such as "/keys/{id}"
    acme.json:52:3: enable: does not use {id}, so the API cannot tell which key is meant; add it, such as "/keys/{id}"
    "
  `);
});

test('7: secrets in the file, in URLs, and in fields that are shown', async () => {
  const text = fileOf({
    url: 'https://admin:hunter2@api.example.com?team=1',
    headers: { 'X-Admin-Key': 'sk-0123456789abcdefghijEXAMPLE' },
    secrets: { pin: { help: 'the PIN' } },
    list: { get: '/keys', items: 'data', query: { pin: '{secret.pin}' } },
    create: {
      post: '/keys',
      body: { name: '{name}', expires_at: '{expiresAt:iso}' },
      key: 'data',
      secret: ['data.id', 'data.label'],
    },
    key: { id: 'id', name: 'label' },
  });
  const transcript = await check(text);
  expect(transcript).not.toMatch(/hunter2|sk-0123/);
  expect(transcript).toMatchInlineSnapshot(`
    "$ keys provider check acme.json
    exit 8
    --- stdout
    acme.json:4:3: url: contains a user name or a password; remove it, and declare in auth how the token is sent
    acme.json:4:3: url: has a query or a fragment; write scheme, host and path only
    acme.json:19:7: list.query.pin: {secret.pin} would be part of a URL, which servers log; send it in a header or in the body
    acme.json:29:5: create.secret: is the same as key.id, but the id of a key is no secret; write where the secret is
    acme.json:39:5: key.name: is where the response has the secret; write where the name is
    acme.json:42:5: headers.X-Admin-Key: looks like a secret; declare it in secrets, and write {secret.NAME}
    "
  `);
});

test('8: promises that no call keeps', async () => {
  const text = fileOf({
    capabilities: {
      overlap: 'server',
      expiry: 'any',
      expirySteps: ['soon'],
      uniqueNames: true,
      maxKeys: null,
    },
    permissions: ['read', 'write'],
    create: { post: '/keys', body: { name: '{name}' }, key: 'data', secret: 'secret' },
    update: { patch: '/keys/{id}', body: { touched: true }, labels: 'merge' },
    disable: { post: '/keys/{id}/toggle' },
    enable: { post: '/keys/{id}/toggle' },
    key: { id: 'id', name: { always: 'api-key' }, kept: { role: 'role' } },
  });
  expect(await check(text)).toMatchInlineSnapshot(`
    "$ keys provider check acme.json
    exit 8
    --- stdout
    acme.json:1:1: rotate: is required because overlap is server; declare the call, or write "overlap": "client"
    acme.json:11:5: capabilities.expiry: is "any", but create does not send {expiresAt}; add it to the body of create, or write "none"
    acme.json:12:5: capabilities.expirySteps: is not used because expiry is "any"; write "expiry": "steps", or remove it
    acme.json:13:7: capabilities.expirySteps.0: 'soon' is not a duration; write one such as "90d"
    acme.json:15:5: capabilities.uniqueNames: is true, but key.name says that keys have no names; write false
    acme.json:39:7: key.kept.role: is not sent again: create does not use {kept.role}; add it to the body of create, or remove it here
    acme.json:42:3: permissions: is not sent; add {permissions} to the body of create, or remove the list
    acme.json:46:3: update: sends none of the fields that can change; add them to its body, such as "name": "{name}"
    acme.json:51:5: update.labels: has no effect because update does not send {labels}; add them to its body, or remove this field
    acme.json:56:3: enable: sends the same as disable; write what enables a key
    "
  `);
});

test('9: lists that cannot end, and requests that cannot be sent', async () => {
  const paging = { by: 'page', page: 'n', limit: 'n', size: 0 };
  const text = fileOf({
    headers: { authorization: 'Token', Host: 'example.com', 'Transfer-Encoding': 'chunked' },
    list: { get: '/keys', body: { all: true }, query: { n: '1' }, items: 'data', paging },
    logs: {
      get: '/logs',
      items: 'data',
      paging: { by: 'cursor', cursor: 'after', next: '', size: 100 },
      entry: { method: 'm', path: 'p' },
    },
    revoke: { delete: '/keys/{id}', body: {}, form: {} },
  });
  expect(await check(text)).toMatchInlineSnapshot(`
    "$ keys provider check acme.json
    exit 8
    --- stdout
    acme.json:17:5: list.body: is the body of a GET, which servers ignore; write it as query, or use another method
    acme.json:21:7: list.query.n: is set by paging, which replaces it; remove it here
    acme.json:27:7: list.paging.limit: is the same parameter as page, so every page would be the first; write the parameter for the page size
    acme.json:28:7: list.paging.size: is not at least 1; write a number such as 100
    acme.json:43:5: revoke.form: cannot be combined with body: a request has one body; remove one of them
    acme.json:51:5: headers.authorization: is set by keys itself; remove it
    acme.json:52:5: headers.Host: is set by keys itself; remove it
    acme.json:53:5: headers.Transfer-Encoding: is set by keys itself; remove it
    acme.json:61:7: logs.paging.next: is the whole response, so the end of the list could not be told; write the field
    acme.json:64:5: logs.entry.timestamp: is required; write "timestamp": "timestamp"
    "
  `);
});

test('10: a field that is there twice, in a file of another name', async () => {
  const box = new Sandbox();
  const folder = join(box.home, 'config', 'providers');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const text = fileOf().replace(
    '  "name": "Example API",',
    '  "name": "Old name",\n  "name": "Example API",',
  );
  writeFileSync(join(folder, 'acme.json'), text);
  const args = ['provider', 'check', 'acme'];
  const run = await box.keys(args, { terminal: 200, env: { NO_COLOR: '1' } });
  expect(new Transcript(box, [folders]).printed(`keys ${args.join(' ')}`, run)).toMatchInlineSnapshot(`
    "$ keys provider check acme
    exit 8
    --- stdout
    [folder 1]/config/providers/acme.json:2:3: id: differs from the name of the file; write "acme", or rename the file to example.json
    [folder 1]/config/providers/acme.json:4:3: name: is there twice, and only the last one counts; remove one of them
    "
  `);
});

test('a file whose name cannot be an id is to be renamed', async () => {
  const box = new Sandbox();
  const folder = join(box.home, 'config', 'providers');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(join(folder, 'Weird Name.json'), fileOf());
  const { exit, stdout } = await box.keys(['provider', 'check', join(folder, 'Weird Name.json')]);
  expect(exit).toBe(8);
  expect(stdout).toContain('differs from the name of the file; rename the file to example.json');
});

test('what is valid but may not be meant is a warning: exit 0', async () => {
  const text = fileOf({
    options: { team: { help: 'the team' } },
    rotate: { post: '/keys/{id}/rotate', key: 'data', secret: 'secret' },
    key: { id: 'id', name: 'name', prefix: 'prefix', status: [{ at: 'off', words: { true: 'disabled' } }] },
  });
  expect(await check(text)).toMatchInlineSnapshot(`
    "$ keys provider check acme.json
    exit 0
    --- stderr
    warning: acme.json:49:3: rotate: is not used because overlap is "client": keys creates a second key instead, which leaves no gap
    warning: acme.json:31:3: key: does not say where expiresAt is, though create sends it: rotations are refused without --allow-loss
    warning: acme.json:38:9: key.status.0.words: has no word for active, so a key with any other word has the status unknown
    warning: acme.json:45:5: options.team: is not used; write {option.team} where it belongs
    acme.json is valid; to use it: keys provider add acme.json
    "
  `);
});

test('header values of several lines, and characters that no header can have', async () => {
  const text = fileOf({
    auth: { header: 'Authorization', scheme: 'Bea\nrer' },
    headers: { 'X-A': 'one\r\nX-B: two', 'X-C': 'caf\u00e9' },
    list: { get: '/keys', items: 'data', headers: { 'X-D': 'a\nb' } },
    verify: { get: '/me\r\n', auth: { header: 'X-Api-Key', scheme: 'a\rb' } },
  });
  expect(await check(text)).toMatchInlineSnapshot(`
    "$ keys provider check acme.json
    exit 8
    --- stdout
    acme.json:7:5: auth.scheme: has a character that a header cannot have; write one line of ASCII
    acme.json:19:7: list.headers.X-D: has a character that a header cannot have; write one line of ASCII
    acme.json:40:5: headers.X-A: has a character that a header cannot have; write one line of ASCII
    acme.json:41:5: headers.X-C: has a character that a header cannot have; write one line of ASCII
    acme.json:44:5: verify.get: has a space or a line break in it; remove it, or write a space as %20
    acme.json:47:7: verify.auth.scheme: has a character that a header cannot have; write one line of ASCII
    "
  `);
});

test('names that every object has', async () => {
  const text = fileOf({
    headers: { constructor: 'x' },
    create: { post: '/keys', body: { name: '{name}', PROTO: { prototype: 1 } }, key: '', secret: 'secret' },
    constructor: 1,
    key: {
      id: 'id',
      name: 'name',
      status: [{ at: 'status', words: { active: 'active', PROTO: 'revoked', constructor: 'disabled' } }],
    },
    capabilities: { overlap: 'client', expiry: 'none', uniqueNames: false, maxKeys: null },
  });
  expect(await check(text.replaceAll('PROTO', '__proto__'))).toMatchInlineSnapshot(`
    "$ keys provider check acme.json
    exit 8
    --- stdout
    acme.json:23:7: create.body.__proto__: is a name that keys cannot send or read; use another name, or remove it
    acme.json:41:11: key.status.0.words.__proto__: is a name that keys cannot send or read; use another name, or remove it
    acme.json:42:11: key.status.0.words.constructor: is a name that keys cannot send or read; use another name, or remove it
    acme.json:48:5: headers.constructor: is a name that keys cannot send or read; use another name, or remove it
    acme.json:50:3: constructor: is a name that keys cannot send or read; use another name, or remove it
    "
  `);
});
