import { expect, test } from 'vitest';
import { npm } from '../../src/providers/built-in/npm.ts';
import { spec } from '../support/authority.ts';
import { FaultServer, json } from '../support/fault-server.ts';
import { remoteOf } from './remote-of.ts';

const made = { token: 'npm_abcdefghijklmnopqrEXAMPLE', key: 'id1', created: '2026-11-01T00:00:00.000Z' };

test.each([
  ['in a header', json(401, {}, { 'www-authenticate': 'OTP' })],
  ['in words', json(401, { error: 'You must provide a one-time pass.' })],
])('a one-time password that is requested %s is sent once', async (_, question) => {
  const server = await FaultServer.start();
  server.on('POST /-/npm/v1/tokens', question, json(200, made));
  const { secret } = await remoteOf(npm, server).backend.create(spec({}));
  expect(secret.reveal()).toBe(made.token);
  expect(server.received.map(({ headers }) => headers['npm-otp'])).toEqual([undefined, 'otp-EXAMPLE']);
});

test('a refused one-time password is not requested again', async () => {
  const server = await FaultServer.start();
  const question = json(401, {}, { 'www-authenticate': 'OTP' });
  server.on('POST /-/npm/v1/tokens', question, question);
  await expect(remoteOf(npm, server).backend.create(spec({}))).rejects.toMatchObject({
    failure: { exit: 'auth' },
  });
});

test('any other 401 does not prompt for a one-time password', async () => {
  const server = await FaultServer.start();
  server.on('POST /-/npm/v1/tokens', json(401, { error: 'unknown token' }));
  await expect(remoteOf(npm, server).backend.create(spec({}))).rejects.toMatchObject({
    failure: { exit: 'auth' },
  });
});
