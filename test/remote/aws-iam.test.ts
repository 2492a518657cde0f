import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { awsIam } from '../../src/providers/built-in/aws-iam.ts';
import { checkProvider } from '../../src/providers/declaration/check.ts';
import { spec } from '../support/authority.ts';
import { createKey } from '../support/create-key.ts';
import { failureIn } from '../support/failure.ts';
import type { Answer } from '../support/fault-server.ts';
import { FaultServer, text } from '../support/fault-server.ts';
import { Sandbox } from '../support/sandbox.ts';
import { now } from './clock.ts';
import { remoteAt } from './remote-of.ts';

/* The exchanges of the IAM API Reference: a query or a form, and XML. */

const id = 'AKIAIOSFODNN7EXAMPLE';
const otherId = 'AKIA111111111EXAMPLE';
const secretKey = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
const token = `${otherId}:sk-abcdefghijklmnoEXAMPLE`;

function xml(status: number, body: string): Answer {
  return text(status, `<?xml version="1.0"?>\n${body}`, { 'content-type': 'text/xml' });
}

const member = (keyId: string, status = 'Active') =>
  `<member><UserName>ada</UserName><AccessKeyId>${keyId}</AccessKeyId><Status>${status}</Status><CreateDate>2026-11-01T00:00:00Z</CreateDate></member>`;

function listOf(members: string, end = '<IsTruncated>false</IsTruncated>'): Answer {
  return xml(
    200,
    `<ListAccessKeysResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><ListAccessKeysResult><UserName>ada</UserName><AccessKeyMetadata>${members}</AccessKeyMetadata>${end}</ListAccessKeysResult><ResponseMetadata><RequestId>7a62c49f</RequestId></ResponseMetadata></ListAccessKeysResponse>`,
  );
}

const created = xml(
  200,
  `<CreateAccessKeyResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><CreateAccessKeyResult><AccessKey><UserName>ada</UserName><AccessKeyId>${id}</AccessKeyId><Status>Active</Status><SecretAccessKey>${secretKey}</SecretAccessKey><CreateDate>2026-11-20T12:00:00Z</CreateDate></AccessKey></CreateAccessKeyResult><ResponseMetadata><RequestId>7a62c49f</RequestId></ResponseMetadata></CreateAccessKeyResponse>`,
);

const done = (action: string) =>
  xml(
    200,
    `<${action}Response xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><ResponseMetadata><RequestId>7a62c49f</RequestId></ResponseMetadata></${action}Response>`,
  );

const refusal = (status: number, code: string, message: string) =>
  xml(
    status,
    `<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>7a62c49f</RequestId></ErrorResponse>`,
  );

async function start(options: Record<string, string> = { user: 'ada' }) {
  const server = await FaultServer.start();
  const remote = remoteAt(awsIam, { url: server.url('/'), token, now: () => now }, options);
  const formOf = (index: number) =>
    Object.fromEntries(new URLSearchParams(String(server.received[index]?.body)));
  return { server, formOf, ...remote };
}

const listRoute = 'GET /?Action=ListAccessKeys&Version=2010-05-08&UserName=ada&MaxItems=100';
const common = { Version: '2010-05-08', UserName: 'ada' };

test('the declaration has no fault', () => {
  expect(checkProvider(JSON.parse(JSON.stringify(awsIam))).issues).toEqual([]);
});

describe('a list', () => {
  test('is a signed GET, and its keys are named by their ids', async () => {
    const { backend, server } = await start();
    server.on(listRoute, listOf(member(id) + member(otherId, 'Inactive')));
    expect(await backend.list()).toMatchObject([
      { id, name: id, status: 'active', createdAt: '2026-11-01T00:00:00.000Z' },
      { id: otherId, name: otherId, status: 'disabled' },
    ]);
    const [request] = server.received;
    expect(request?.headers.accept).toBe('text/xml');
    expect(request?.headers.authorization).toMatch(
      new RegExp(`^AWS4-HMAC-SHA256 Credential=${otherId}/\\d{8}/us-east-1/iam/aws4_request, `),
    );
  });

  test('may be empty, and is that of the own user unless one is named', async () => {
    const { backend, server } = await start({});
    server.on('GET /?Action=ListAccessKeys&Version=2010-05-08&MaxItems=100', listOf(''));
    expect(await backend.list()).toEqual([]);
  });

  test('is followed to its end', async () => {
    const { backend, server } = await start();
    server
      .on(listRoute, listOf(member(id), '<IsTruncated>true</IsTruncated><Marker>m/1</Marker>'))
      .on(`${listRoute}&Marker=m%2F1`, listOf(member(otherId)));
    expect((await backend.list()).map((key) => key.id)).toEqual([id, otherId]);
  });
});

test('a new key is delivered as id and secret, which belong together', async () => {
  const { backend, server, formOf } = await start();
  server.on('POST /', created);
  const { key, secret } = await createKey(backend, spec({ name: 'ci' }));
  expect(key).toMatchObject({ id, status: 'active' });
  expect(secret.reveal()).toBe(`${id}:${secretKey}`);
  expect(JSON.stringify(key)).not.toContain(secretKey);
  expect(formOf(0)).toEqual({ Action: 'CreateAccessKey', ...common });
});

test('a key is disabled and enabled by one call', async () => {
  const { backend, server, formOf } = await start();
  server
    .on('POST /', done('UpdateAccessKey'), done('UpdateAccessKey'))
    .on(listRoute, listOf(member(id, 'Inactive')), listOf(member(id)));
  for (const [disabled, Status] of [
    [true, 'Inactive'],
    [false, 'Active'],
  ] as const) {
    await backend.update(id, { disabled });
    const post = server.received.findLastIndex(({ method }) => method === 'POST');
    expect(formOf(post)).toEqual({ Action: 'UpdateAccessKey', ...common, AccessKeyId: id, Status });
  }
});

test('a key that was just listed is disabled by one call more', async () => {
  const { backend, server } = await start();
  server.on(listRoute, listOf(member(id))).on('POST /', done('UpdateAccessKey'));
  const [listedKey] = await backend.list();
  const key = await backend.update(id, { disabled: true }, listedKey);
  expect(key).toMatchObject({ id, status: 'disabled' });
  expect(server.received).toHaveLength(2);
});

test('a key is revoked; revoking it again is not an error', async () => {
  const { backend, server, formOf } = await start();
  server
    .on('POST /', done('DeleteAccessKey'), refusal(404, 'NoSuchEntity', 'The Access Key cannot be found.'))
    .always(listRoute, listOf(''));
  expect(await backend.revoke(id)).toBe(true);
  expect(formOf(0)).toEqual({ Action: 'DeleteAccessKey', ...common, AccessKeyId: id });
  expect(await backend.revoke(id)).toBe(false);
});

test.each([
  [409, 'LimitExceeded', 'Cannot exceed quota for AccessKeysPerUser: 2', 'key_limit'],
  [403, 'InvalidClientTokenId', 'The security token included in the request is invalid.', 'forbidden'],
  [403, 'SignatureDoesNotMatch', 'The request signature we calculated does not match.', 'forbidden'],
  [400, 'Throttling', 'Rate exceeded', 'rejected'],
])('%i %s says why', async (status, code, message, expected) => {
  const { backend, server } = await start();
  server.on('POST /', refusal(status, code, message));
  const failure = await failureIn(backend.create(spec({ name: 'ci' })));
  expect(failure).toMatchObject({ code: expected });
  expect(failure.message).toContain(`${message} (${code})`);
});

test('a user who does not exist is no empty list', async () => {
  const { backend, server } = await start();
  server.on(listRoute, refusal(404, 'NoSuchEntity', 'The user with name ada cannot be found.'));
  expect((await failureIn(backend.list())).message).toContain('The user with name ada cannot be found.');
});

test('from login to a delivered key, no output repeats a secret; the own key is not revoked', async () => {
  const [box, server] = [new Sandbox(), await FaultServer.start()];
  server.always('GET /', listOf(member(otherId))).on('POST /', created);
  const login = ['login', '--provider', 'aws-iam', '--url', server.origin, '--with-token', '--store', 'file'];
  expect(await box.keys([...login, '--debug'], { stdin: token })).toMatchObject({ exit: 0 });
  const run = await box.keys(['create', 'ci', '--to', 'file:key', '--json', '--debug']);
  expect(run).toMatchObject({ exit: 0 });
  expect(readFileSync(join(box.cwd, 'key'), 'utf8').trim()).toBe(`${id}:${secretKey}`);
  expect(run.stdout + run.stderr).not.toContain(secretKey);
  expect(JSON.parse(run.stdout)).toMatchObject({ id });
  const revoked = await box.keys(['revoke', otherId, '--yes']);
  expect(revoked.exit).toBe(2);
  expect(revoked.stderr).toContain('is the session token that keys itself uses here');
});

test('a rotation of the own key stores the new one as the session token, and deletes the old one', async () => {
  const [box, server] = [new Sandbox(), await FaultServer.start()];
  let keys = [otherId];
  const isNow =
    (then: string[], answer: Answer): Answer =>
    (response, request) => {
      keys = then;
      answer(response, request);
    };
  server
    .always('GET /', (response, request) =>
      listOf(keys.map((one) => member(one)).join(''))(response, request),
    )
    .on('POST /', isNow([otherId, id], created), isNow([id], done('DeleteAccessKey')));
  const login = ['login', '--provider', 'aws-iam', '--url', server.origin, '--with-token', '--store', 'file'];
  expect(await box.keys(login, { stdin: token })).toMatchObject({ exit: 0 });
  const run = await box.keys(['rotate', otherId, '--grace', '0', '--json', 'newId,oldRevoked,verified']);
  expect(run).toMatchObject({ exit: 0 });
  expect(JSON.parse(run.stdout)).toEqual({ newId: id, oldRevoked: true, verified: false });
  expect(readFileSync(join(box.home, 'data', 'tokens.json'), 'utf8')).toContain(`${id}:${secretKey}`);
  const next = await box.keys(['list', '--json', 'id']);
  expect(JSON.parse(next.stdout)).toEqual([{ id }]);
  expect(server.received.at(-1)?.headers.authorization).toContain(`Credential=${id}/`);
});
