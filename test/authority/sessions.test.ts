import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import { idOf, mint } from '../../src/authority/key-format.ts';
import type { Session } from '../../src/authority/sessions.ts';
import { forgedKey } from '../support/authority.ts';
import { testService } from '../support/authority-service.ts';
import { failureIn } from '../support/failure.ts';
import { filesBelow } from '../support/sandbox.ts';
import { fileTest } from '../support/stores.ts';

const lasting = { user: 'ada', expiresAt: null };

describe('a new session', () => {
  test('is listed without its token, which identifies its user', async () => {
    const { sessions } = (await testService()).service;
    const { session, token } = await sessions.create(lasting);
    expect(session).toEqual({
      id: session.id,
      user: 'ada',
      role: 'user',
      status: 'active',
      createdAt: '2026-11-20T12:00:00.000Z',
      expiresAt: null,
    });
    expect(await sessions.get(session.id)).toEqual(session);
    expect(token.reveal()).toMatch(new RegExp(`^ses_${session.id}_`));
    expect(await sessions.identify(token.reveal())).toEqual({
      user: 'ada',
      role: 'user',
      sessionId: session.id,
    });
  });

  fileTest('leaves nothing of its token in the files but its hash', async () => {
    const { service, path } = await testService();
    const { token } = await service.sessions.create(lasting);
    const [, , part = ''] = token.reveal().split('_');
    expect(part).toHaveLength(43);
    const files = filesBelow(dirname(path));
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) {
      const text = readFileSync(file, 'latin1');
      expect(text).not.toContain(part);
      for (const coding of ['hex', 'base64', 'base64url'] as const) {
        expect(text).not.toContain(Buffer.from(part).toString(coding));
      }
    }
  });
});

describe('the end of a session', () => {
  test('is its expiry, to the millisecond', async () => {
    const { service, clock } = await testService();
    const expiresAt = new Date('2026-11-20T13:00:00.000Z');
    const { session, token } = await service.sessions.create({ ...lasting, expiresAt });
    expect(session.expiresAt).toBe('2026-11-20T13:00:00.000Z');
    clock.set('2026-11-20T12:59:59.999Z');
    expect(await service.sessions.identify(token.reveal())).toMatchObject({ user: 'ada' });
    clock.advance(1);
    expect(await service.sessions.identify(token.reveal())).toBe('expired');
    expect((await service.sessions.get(session.id))?.status).toBe('expired');
  });

  test('is immediate on revocation; revoking again changes nothing', async () => {
    const { sessions } = (await testService()).service;
    const { session, token } = await sessions.create(lasting);
    const other = await sessions.create(lasting);
    expect(await sessions.revoke(session.id)).toBe(true);
    expect(await sessions.revoke(session.id)).toBe(false);
    expect(await sessions.identify(token.reveal())).toBe('revoked');
    expect((await sessions.get(session.id))?.status).toBe('revoked');
    expect(await sessions.identify(other.token.reveal())).toMatchObject({ user: 'ada' });
  });

  test('is rejected for a key that does not exist', async () => {
    const { sessions } = (await testService()).service;
    expect(await failureIn(sessions.revoke('nobody'))).toMatchObject({
      exit: 'notFound',
      code: 'no_such_session',
      message: "no session has the id 'nobody'",
    });
    expect(await sessions.get('nobody')).toBeUndefined();
  });
});

test('sessions are listed newest first, of one user or of all', async () => {
  const { service, clock } = await testService();
  const made: Session[] = [];
  for (const user of ['ada', 'bob', 'ada']) {
    clock.advance(1);
    made.push((await service.sessions.create({ ...lasting, user })).session);
  }
  expect(await service.sessions.list()).toEqual([...made].reverse());
  expect(await service.sessions.list('ada')).toEqual([made[2], made[0]]);
  expect(await service.sessions.list('nobody')).toEqual([]);
});

describe('the role of a user', () => {
  test('is admin for the user named admin, otherwise user', async () => {
    const { sessions } = (await testService()).service;
    expect((await sessions.create({ ...lasting, user: 'admin' })).session.role).toBe('admin');
    expect((await sessions.create({ ...lasting, user: 'Admin' })).session.role).toBe('user');
  });

  test('stays unchanged if none is given, even for the user admin', async () => {
    const { sessions } = (await testService()).service;
    await sessions.create({ ...lasting, role: 'admin' });
    expect((await sessions.create(lasting)).session.role).toBe('admin');
    await sessions.create({ ...lasting, user: 'admin', role: 'user' });
    expect((await sessions.create({ ...lasting, user: 'admin' })).session.role).toBe('user');
  });

  test('is lost in all sessions when an admin becomes a user', async () => {
    const { sessions } = (await testService()).service;
    const { token } = await sessions.create({ ...lasting, role: 'admin' });
    await sessions.create({ ...lasting, role: 'user' });
    expect(await sessions.identify(token.reveal())).toMatchObject({ role: 'user' });
  });

  test('of an admin does not apply to earlier sessions', async () => {
    const { sessions } = (await testService()).service;
    const { token, session } = await sessions.create(lasting);
    const later = await sessions.create({ ...lasting, role: 'admin' });
    expect(await sessions.identify(token.reveal())).toMatchObject({ role: 'user' });
    expect(await sessions.identify(later.token.reveal())).toMatchObject({ role: 'admin' });
    expect((await sessions.get(session.id))?.role).toBe('user');
    expect((await sessions.list()).map(({ role }) => role).sort()).toEqual(['admin', 'user']);
  });
});

test('a user who becomes a reporter is one in every session, and its reporter sessions stay so', async () => {
  const { sessions } = (await testService()).service;
  const role = async (token: { reveal(): string }) => {
    const caller = await sessions.identify(token.reveal());
    return typeof caller === 'string' ? caller : caller.role;
  };
  const { token: first } = await sessions.create({ ...lasting, role: 'admin' });
  const { token: second } = await sessions.create({ ...lasting, role: 'reporter' });
  expect([await role(first), await role(second)]).toEqual(['reporter', 'reporter']);
  const { token: third } = await sessions.create({ ...lasting, role: 'admin' });
  expect([await role(first), await role(second), await role(third)]).toEqual(['admin', 'reporter', 'admin']);
});

describe('a text that is not a session token', () => {
  test('of the right format is unknown if it was never issued', async () => {
    const { sessions } = (await testService()).service;
    expect(await sessions.identify(mint('ses').value)).toBe('unknown');
  });

  test('with an issued id but another secret is unknown', async () => {
    const { sessions } = (await testService()).service;
    const { session } = await sessions.create(lasting);
    // Its checksum is correct: only the hash differs.
    const forged = forgedKey(session.id, 'ses');
    expect(idOf('ses', forged)).toBe(session.id);
    expect(await sessions.identify(forged)).toBe('unknown');
  });

  test.each([
    ['is empty', () => ''],
    ['is the id alone', (token: string) => token.split('_')[1] ?? ''],
    ['has something before it', (token: string) => ` ${token}`],
    ['is that of a key', (token: string) => token.replace('ses_', 'sk_')],
  ])('is unknown: it %s', async (_, change) => {
    const { sessions } = (await testService()).service;
    expect(await sessions.identify(change((await sessions.create(lasting)).token.reveal()))).toBe('unknown');
  });
});
