import { chmodSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseDatabaseUrl } from '../../../src/authority/postgres/database-url.ts';
import { findPassword, passwordIn } from '../../../src/authority/postgres/find-password.ts';
import { tlsOptions } from '../../../src/authority/postgres/tls-options.ts';
import { isDatabaseUrl } from '../../../src/base/database-name.ts';
import { failureOf } from '../../support/failure.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const own = userInfo().username;

test.for<[url: string, address: Record<string, unknown>]>([
  [
    'postgres://ann@db.example.com/keys',
    { host: 'db.example.com', port: 5432, user: 'ann', database: 'keys' },
  ],
  ['postgresql://db.example.com:6000', { port: 6000, user: own, database: own }],
  ['postgres://ann@[2001:db8::1]:6000/keys', { host: '2001:db8::1', port: 6000 }],
  ['postgres:///keys', { host: 'localhost', user: own }],
  ['postgres:///keys?host=/var/run/postgresql&user=ann', { host: '/var/run/postgresql', user: 'ann' }],
  ['postgres://%2Fvar%2Frun%2Fpostgresql/keys', { host: '/var/run/postgresql' }],
  ['postgres://a%40b@localhost/a%20b', { user: 'a@b', database: 'a b' }],
  [
    'postgres://localhost/keys?application_name=a&connect_timeout=3',
    { applicationName: 'a', connectTimeoutMs: 3000 },
  ],
])('%s', ([url, address]) => {
  expect(isDatabaseUrl(url)).toBe(true);
  expect(parseDatabaseUrl(url)).toMatchObject(address);
});

test.for([
  ['a host of this machine, where nothing passes a network', 'postgres://localhost/keys', 'disable'],
  ['a socket', 'postgres:///keys?host=/tmp', 'disable'],
  ['any other host', 'postgres://10.0.0.1/keys', 'verify-full'],
  [
    'a host of this machine that is to be verified',
    'postgres://localhost/keys?sslmode=verify-full',
    'verify-full',
  ],
  [
    'a network without TLS, where that is asked for',
    'postgres://db.example.com/keys?sslmode=disable',
    'disable',
  ],
])('%s: %s has %s', ([, url = '', mode]) => {
  expect(parseDatabaseUrl(url).tlsMode).toBe(mode);
});

test.for([
  ['postgres://db.example.com/keys?sslmode=prefer', 'sslmode=prefer'],
  ['postgres://db.example.com/keys?sslmod=disable', "unknown parameter 'sslmod'"],
  ['postgres://db.example.com/keys?connect_timeout=soon', 'connect_timeout'],
  ['postgres://db.example.com:port/keys', 'cannot be read'],
  ['postgres://%zz/keys', 'cannot be read'],
])('%s is refused: %s', ([url = '', problem = '']) => {
  const { exit, message } = failureOf(() => parseDatabaseUrl(url));
  expect(exit).toBe('usage');
  expect(message).toContain(problem);
});

test.for(['postgres://ann:pw-EXAMPLE@localhost/keys', 'postgres://ann@localhost/keys?password=pw-EXAMPLE'])(
  'a password in a URL is refused and not repeated',
  (url) => {
    const failure = failureOf(() => parseDatabaseUrl(url));
    expect(failure.exit).toBe('usage');
    expect(JSON.stringify(failure)).not.toContain('pw-EXAMPLE');
  },
);

test('a URL is shown without its parameters', () => {
  const { shown } = parseDatabaseUrl('postgres://ann@[::1]/keys?sslmode=disable');
  expect(shown).toBe('postgres://ann@[::1]:5432/keys');
});

describe('a password', () => {
  const address = parseDatabaseUrl('postgres://ann@db.example.com/keys');

  test('is in PGPASSWORD, before any file', () => {
    expect(findPassword(address, { PGPASSWORD: 'pw-EXAMPLE', PGPASSFILE: '/missing' })?.reveal()).toBe(
      'pw-EXAMPLE',
    );
  });

  test.for([
    ['db.example.com:5432:keys:ann:pw', 'pw'],
    ['# *:*:*:*:comment\n*:*:*:bob:other\n*:*:*:ann:pw\n*:*:*:*:last', 'pw'],
    ['*:*:*:ann:p\\:w\\\\', 'p:w\\'],
    ['*:*:*:ann:p:w', 'p:w'],
    ['db.example.com:5433:keys:ann:pw', undefined],
    ['*:*:*:ann', undefined],
    ['*:*:*:ann:', undefined],
    ['', undefined],
  ])('%j has %s', ([text = '', password]) => {
    expect(passwordIn(text, address)).toBe(password);
  });

  test('survives any file', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.string({ minLength: 1 }).filter((one) => !/[\r\n]/.test(one)),
        (noise, password) => {
          const escaped = password.replace(/[\\:]/g, '\\$&');
          passwordIn(noise, address);
          expect(passwordIn(`*:*:*:ann:${escaped}`, address)).toBe(password);
        },
      ),
    );
  });

  test.skipIf(process.platform === 'win32')('is not read from a file that others can read', () => {
    const path = join(temporaryFolder(), 'passwords');
    writeFileSync(path, '*:*:*:*:pw-EXAMPLE', { mode: 0o600 });
    expect(findPassword(address, { PGPASSFILE: path })?.reveal()).toBe('pw-EXAMPLE');
    chmodSync(path, 0o640);
    const failure = failureOf(() => findPassword(address, { PGPASSFILE: path }));
    expect(failure).toMatchObject({ exit: 'auth', hints: [`chmod 600 ${path}`] });
    expect(failure.message).toContain('can be read by others');
  });

  test('has a default file, which may be missing; one that is named may not', () => {
    const home = temporaryFolder();
    expect(findPassword(address, { HOME: home })).toBeUndefined();
    writeFileSync(join(home, '.pgpass'), '*:*:*:*:pw-EXAMPLE', { mode: 0o600 });
    expect(findPassword(address, { HOME: home })?.reveal()).toBe('pw-EXAMPLE');
    const failure = failureOf(() => findPassword(address, { PGPASSFILE: join(home, 'missing') }));
    expect(failure.message).toContain('cannot be read (ENOENT)');
  });
});

test.for([
  ['sslmode=disable', false],
  ['sslmode=require', { rejectUnauthorized: false }],
  [
    'sslmode=require&sslrootcert=system',
    { rejectUnauthorized: true, checkServerIdentity: expect.any(Function) },
  ],
  ['sslmode=verify-ca', { rejectUnauthorized: true, checkServerIdentity: expect.any(Function) }],
  ['sslmode=verify-full', { rejectUnauthorized: true }],
] as const)('%s verifies as libpq does', ([parameters, options]) => {
  const actual = tlsOptions(parseDatabaseUrl(`postgres://db.example.com/keys?${parameters}`));
  if (options === false) expect(actual).toBe(false);
  else expect(actual).toMatchObject(options);
  if (parameters === 'sslmode=verify-full') expect(actual).not.toHaveProperty('checkServerIdentity');
});

test('a certificate that cannot be read is refused', () => {
  const url = 'postgres://db.example.com/keys?sslrootcert=/missing/ca.pem';
  const { exit, message } = failureOf(() => tlsOptions(parseDatabaseUrl(url)));
  expect([exit, message]).toEqual([
    'usage',
    'sslrootcert in the database URL names /missing/ca.pem, which cannot be read (ENOENT)',
  ]);
});
