import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import { idOf, mint } from '../../src/authority/key-format.ts';
import { forgedKey } from '../support/authority.ts';
import { testService } from '../support/authority-service.ts';
import { failureOf } from '../support/failure.ts';
import { filesBelow } from '../support/sandbox.ts';

const lasting = { user: 'ada', expiresAt: null };

describe('a new session', () => {
  test('is listed without its token, which identifies its user', () => {
    const { sessions } = testService().service;
    const { session, token } = sessions.create(lasting);
    expect(session).toEqual({
      id: session.id,
      user: 'ada',
      role: 'user',
      status: 'active',
      createdAt: '2026-11-20T12:00:00.000Z',
      expiresAt: null,
    });
    expect(sessions.get(session.id)).toEqual(session);
    expect(token.reveal()).toMatch(new RegExp(`^ses_${session.id}_`));
    expect(sessions.identify(token.reveal())).toEqual({ user: 'ada', role: 'user', sessionId: session.id });
  });

  test('leaves nothing of its token in the files but its hash', () => {
    const { service, path } = testService();
    const { token } = service.sessions.create(lasting);
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
  test('is its expiry, to the millisecond', () => {
    const { service, clock } = testService();
    const expiresAt = new Date('2026-11-20T13:00:00.000Z');
    const { session, token } = service.sessions.create({ ...lasting, expiresAt });
    expect(session.expiresAt).toBe('2026-11-20T13:00:00.000Z');
    clock.set('2026-11-20T12:59:59.999Z');
    expect(service.sessions.identify(token.reveal())).toMatchObject({ user: 'ada' });
    clock.advance(1);
    expect(service.sessions.identify(token.reveal())).toBe('expired');
    expect(service.sessions.get(session.id)?.status).toBe('expired');
  });

  test('is immediate on revocation; revoking again changes nothing', () => {
    const { sessions } = testService().service;
    const { session, token } = sessions.create(lasting);
    const other = sessions.create(lasting);
    expect(sessions.revoke(session.id)).toBe(true);
    expect(sessions.revoke(session.id)).toBe(false);
    expect(sessions.identify(token.reveal())).toBe('revoked');
    expect(sessions.get(session.id)?.status).toBe('revoked');
    expect(sessions.identify(other.token.reveal())).toMatchObject({ user: 'ada' });
  });

  test('is rejected for a key that does not exist', () => {
    const { sessions } = testService().service;
    expect(failureOf(() => sessions.revoke('nobody'))).toMatchObject({
      exit: 'notFound',
      code: 'no_such_session',
      message: "no session has the id 'nobody'",
    });
    expect(sessions.get('nobody')).toBeUndefined();
  });
});

test('sessions are listed newest first, of one user or of all', () => {
  const { service, clock } = testService();
  const made = ['ada', 'bob', 'ada'].map((user) => {
    clock.advance(1);
    return service.sessions.create({ ...lasting, user }).session;
  });
  expect(service.sessions.list()).toEqual([...made].reverse());
  expect(service.sessions.list('ada')).toEqual([made[2], made[0]]);
  expect(service.sessions.list('nobody')).toEqual([]);
});

describe('the role of a user', () => {
  test('is admin for the user named admin, otherwise user', () => {
    const { sessions } = testService().service;
    expect(sessions.create({ ...lasting, user: 'admin' }).session.role).toBe('admin');
    expect(sessions.create({ ...lasting, user: 'Admin' }).session.role).toBe('user');
  });

  test('stays unchanged if none is given, even for the user admin', () => {
    const { sessions } = testService().service;
    sessions.create({ ...lasting, role: 'admin' });
    expect(sessions.create(lasting).session.role).toBe('admin');
    sessions.create({ ...lasting, user: 'admin', role: 'user' });
    expect(sessions.create({ ...lasting, user: 'admin' }).session.role).toBe('user');
  });

  test('is lost in all sessions when an admin becomes a user', () => {
    const { sessions } = testService().service;
    const { token } = sessions.create({ ...lasting, role: 'admin' });
    sessions.create({ ...lasting, role: 'user' });
    expect(sessions.identify(token.reveal())).toMatchObject({ role: 'user' });
  });

  test('of an admin does not apply to earlier sessions', () => {
    const { sessions } = testService().service;
    const { token, session } = sessions.create(lasting);
    const later = sessions.create({ ...lasting, role: 'admin' });
    expect(sessions.identify(token.reveal())).toMatchObject({ role: 'user' });
    expect(sessions.identify(later.token.reveal())).toMatchObject({ role: 'admin' });
    expect(sessions.get(session.id)?.role).toBe('user');
    expect(
      sessions
        .list()
        .map(({ role }) => role)
        .sort(),
    ).toEqual(['admin', 'user']);
  });
});

test('a user who becomes a reporter is one in every session, and its reporter sessions stay so', () => {
  const { sessions } = testService().service;
  const role = (token: { reveal(): string }) => {
    const caller = sessions.identify(token.reveal());
    return typeof caller === 'string' ? caller : caller.role;
  };
  const { token: first } = sessions.create({ ...lasting, role: 'admin' });
  const { token: second } = sessions.create({ ...lasting, role: 'reporter' });
  expect([role(first), role(second)]).toEqual(['reporter', 'reporter']);
  const { token: third } = sessions.create({ ...lasting, role: 'admin' });
  expect([role(first), role(second), role(third)]).toEqual(['admin', 'reporter', 'admin']);
});

describe('a text that is not a session token', () => {
  test('of the right format is unknown if it was never issued', () => {
    const { sessions } = testService().service;
    expect(sessions.identify(mint('ses').value)).toBe('unknown');
  });

  test('with an issued id but another secret is unknown', () => {
    const { sessions } = testService().service;
    const { session } = sessions.create(lasting);
    // Its checksum is correct: only the hash differs.
    const forged = forgedKey(session.id, 'ses');
    expect(idOf('ses', forged)).toBe(session.id);
    expect(sessions.identify(forged)).toBe('unknown');
  });

  test.each([
    ['is empty', () => ''],
    ['is the id alone', (token: string) => token.split('_')[1] ?? ''],
    ['has something before it', (token: string) => ` ${token}`],
    ['is that of a key', (token: string) => token.replace('ses_', 'sk_')],
  ])('is unknown: it %s', (_, change) => {
    const { sessions } = testService().service;
    expect(sessions.identify(change(sessions.create(lasting).token.reveal()))).toBe('unknown');
  });
});
