import { userInfo } from 'node:os';
import { isDatabaseUrl, passwordInUrl } from '../../base/database-name.ts';
import { usageError } from '../../base/errors.ts';
import { isLoopbackHost } from '../../platform/loopback.ts';

/* A database named by a URL: postgres://user@host:port/database?sslmode=… It never holds a password. */

/**
 * `disable`: no TLS. `require`: TLS, with any certificate. `verify-ca`: one of a trusted issuer. `verify-full`: and for this
 * host. libpq's other modes may end up without TLS, so they are refused.
 */
export type TlsMode = 'disable' | 'require' | 'verify-ca' | 'verify-full';

const tlsModes: readonly string[] = ['disable', 'require', 'verify-ca', 'verify-full'] satisfies TlsMode[];

export interface DatabaseUrl {
  /** A name or an address; the folder of a socket begins with a slash. */
  host: string;
  port: number;
  database: string;
  user: string;
  /** Without one in the URL: `disable` for this machine, where nothing passes a network; otherwise `verify-full`. */
  tlsMode: TlsMode;
  /** Files with PEM: the trusted issuers in place of those of the system, and what proves who we are. */
  rootCertificate?: string;
  certificate?: string;
  privateKey?: string;
  /** How the server lists this connection. */
  applicationName: string;
  connectTimeoutMs?: number;
  /** The URL as it may be shown. */
  shown: string;
}

const defaultPort = 5432;

/** Throws `usageError` for what it cannot read, and for a password, which it does not repeat. */
export function parseDatabaseUrl(text: string): DatabaseUrl {
  const url = parsed(text);
  if (url.password !== '' || url.searchParams.has('password')) throw passwordInUrl();
  const parameters = new Map(url.searchParams);
  const take = (name: string) => {
    const value = parameters.get(name);
    parameters.delete(name);
    return value || undefined;
  };
  const host = take('host') ?? (decoded(url.hostname).replace(/^\[(.*)\]$/, '$1') || 'localhost');
  const port = Number(url.port || take('port') || defaultPort);
  const user = decoded(url.username) || take('user') || userInfo().username;
  const database = decoded(url.pathname.slice(1)) || take('dbname') || user;
  const connectTimeout = take('connect_timeout');
  const [rootCertificate, certificate, privateKey] = ['sslrootcert', 'sslcert', 'sslkey'].map(take);
  const address: DatabaseUrl = {
    host,
    port,
    database,
    user,
    tlsMode: tlsModeOf(take('sslmode'), host),
    ...(rootCertificate && { rootCertificate }),
    ...(certificate && { certificate }),
    ...(privateKey && { privateKey }),
    applicationName: take('application_name') ?? 'keys',
    ...(connectTimeout && { connectTimeoutMs: Number(connectTimeout) * 1000 }),
    shown: shownUrl({ host, port, database, user }),
  };
  const problems = [...parameters.keys()].map(
    (name) => `the database URL has an unknown parameter '${name}'`,
  );
  if (!(port >= 1 && port <= 65_535))
    problems.push('the port in the database URL is not a number up to 65535');
  if (connectTimeout && !(Number(connectTimeout) > 0)) {
    problems.push('connect_timeout in the database URL is not a number of seconds');
  }
  if (problems.length > 0) throw usageError(problems);
  return address;
}

/** Whether the server is reached without passing a network. */
export function isOnThisMachine(host: string): boolean {
  return host.startsWith('/') || isLoopbackHost(host);
}

function parsed(text: string): URL {
  try {
    // A URL of this scheme may have a host that is the encoded folder of a socket, as libpq reads it.
    const url = new URL(text);
    if (!isDatabaseUrl(url.protocol)) throw new TypeError('not a database URL');
    decoded(url.hostname + url.username + url.pathname);
    return url;
  } catch {
    throw usageError(
      'the database URL cannot be read',
      'write it as postgres://user@host:port/database; the password belongs in PGPASSWORD or ~/.pgpass',
    );
  }
}

function decoded(text: string): string {
  return decodeURIComponent(text);
}

function tlsModeOf(mode: string | undefined, host: string): TlsMode {
  if (mode === undefined) return isOnThisMachine(host) ? 'disable' : 'verify-full';
  if (tlsModes.includes(mode)) return mode as TlsMode;
  throw usageError(
    `sslmode=${mode} in the database URL is not one of ${tlsModes.join(', ')}`,
    'leave it out: a connection over a network is then encrypted and verified',
  );
}

function shownUrl({
  host,
  port,
  database,
  user,
}: Pick<DatabaseUrl, 'host' | 'port' | 'database' | 'user'>): string {
  const place = host.startsWith('/') ? '' : `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const folder = host.startsWith('/') ? `?host=${host}` : '';
  return `postgres://${encodeURIComponent(user)}@${place}/${encodeURIComponent(database)}${folder}`;
}
