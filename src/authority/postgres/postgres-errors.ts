import { KeysError, systemCode } from '../../base/errors.ts';
import { shellWord } from '../../base/shell-word.ts';

/* Turns errors of PostgreSQL and of the network into `KeysError`s that a user can act on. */

/** How an error is reported. `reason` follows the URL of the database; hints may name {database} and {user}. */
interface Report {
  code: 'authority_busy' | 'authority_login_failed' | 'authority_unreachable' | 'authority_unusable';
  reason?: string;
  hints?: readonly string[];
}

const readOnly: Report = {
  code: 'authority_unusable',
  reason: 'it is a read-only replica, or set to read only; nothing was changed',
  hints: ['name the primary server in the URL'],
};

/** By SQLSTATE, or by its class (postgresql.org/docs/current/errcodes-appendix.html). */
const reports: Readonly<Record<string, Report>> = {
  '08': { code: 'authority_unreachable' },
  '28': {
    code: 'authority_login_failed',
    hints: ['check the user in the URL and its password in PGPASSWORD, PGPASSFILE or ~/.pgpass'],
  },
  // What a replica says of serializable transactions, and of changes.
  '0A000': readOnly,
  '25006': readOnly,
  '3D000': {
    code: 'authority_unusable',
    reason: 'the server has no database of this name',
    hints: ['create it: createdb {database}'],
  },
  '40': {
    code: 'authority_busy',
    reason: 'other servers changed the same keys each time; nothing was changed',
  },
  '42501': {
    code: 'authority_login_failed',
    hints: ['let its user own the database: ALTER DATABASE {database} OWNER TO {user}'],
  },
  '53': { code: 'authority_unreachable', reason: 'the server has no memory left' },
  '53100': { code: 'authority_unusable', reason: "the server's disk is full; nothing was changed" },
  '53300': {
    code: 'authority_busy',
    reason: 'the server accepts no more connections',
    hints: ['raise max_connections of the server, or try again later'],
  },
  '55P03': {
    code: 'authority_busy',
    reason: 'it is locked by another process; nothing was changed',
    hints: ['try again later, or wait longer with --timeout 2min'],
  },
  '57': { code: 'authority_unreachable' },
  '57014': {
    code: 'authority_busy',
    reason: 'it took too long; nothing was changed',
    hints: ['try again later, or wait longer with --timeout 2min'],
  },
};

/** `shown`: the URL of the database. Throws anything that is neither PostgreSQL's nor the network's unchanged. */
export async function withPostgresErrors<T>(shown: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw postgresError(shown, error);
  }
}

export function postgresError(shown: string, error: unknown): unknown {
  if (error instanceof KeysError || !(error instanceof Error)) return error;
  const state = sqlState(error);
  if (state !== undefined) {
    const report = reports[state] ?? reports[state.slice(0, 2)] ?? { code: 'authority_unusable' };
    return failure(shown, report, report.reason ?? error.message, error);
  }
  if (!isNetworkError(error)) return error;
  const isTls = /^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/.test(systemCode(error) ?? '');
  const isPlain = error.message.includes('does not support SSL');
  return failure(
    shown,
    {
      code: 'authority_unreachable',
      hints: isPlain
        ? ['switch TLS on at the server, or accept a connection that others can read: ?sslmode=disable']
        : isTls
          ? ['name the file of the issuer: ?sslrootcert=<path>']
          : ['check the host and the port of the database, and that its server runs'],
    },
    isPlain ? 'the server does not offer TLS' : error.message || systemCode(error) || 'the connection failed',
    error,
  );
}

/** Whether the same transaction may succeed if it runs again: it met others that changed the same rows. */
export function isConflict(error: unknown): boolean {
  return /^40(001|P01)$/.test(sqlState(error) ?? '');
}

/** Whether the connection was lost, by the network, by a server that ends, or by our own limit. */
export function isLost(error: unknown): boolean {
  if (error instanceof KeysError) return error.failure.code === 'authority_unreachable';
  return /^(08|57P0)/.test(sqlState(error) ?? '') || isNetworkError(error);
}

/** The code of an error that PostgreSQL itself reported: five characters. */
export function sqlState(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('severity' in error)) return undefined;
  return systemCode(error);
}

/** The connection is gone, or was never made. pg reports some of it without a code. */
export function isNetworkError(error: unknown): boolean {
  if (!(error instanceof Error) || sqlState(error) !== undefined) return false;
  const code = systemCode(error);
  // What a rule throws has codes of its own.
  if (code !== undefined) return /^E[A-Z]+$|^ERR_(?!INVALID_ARG)|CERT|SIGNATURE|CRL/.test(code);
  return /connection|terminated|timeout|SSL|SASL|SCRAM|not queryable/i.test(error.message);
}

export function silentDatabase(shown: string, timeoutMs: number): KeysError {
  return new KeysError({
    code: 'authority_unreachable',
    message: `the authority's database ${shown} did not answer within ${timeoutMs} ms`,
    hints: ['check the server of the database and the network, or wait longer with --timeout 2min'],
  });
}

/** What a lost connection leaves open while a change was being committed. */
export function unclearOutcome(shown: string, cause: unknown): KeysError {
  return new KeysError({
    code: 'reply_lost',
    message: `the connection to the authority's database ${shown} was lost while a change was being committed, so it may or may not have happened`,
    hints: ['look before you try again: keys list'],
    cause,
  });
}

function failure(
  shown: string,
  { code, hints = ['keys doctor'] }: Report,
  reason: string,
  cause: Error,
): KeysError {
  return new KeysError({
    code,
    message: `cannot use the authority's database ${shown}: ${reason}`,
    hints: hints.map((hint) => filledIn(hint, shown)),
    cause,
  });
}

function filledIn(hint: string, shown: string): string {
  const { pathname, username } = new URL(shown);
  return hint
    .replace('{database}', () => shellWord(decodeURIComponent(pathname.slice(1))))
    .replace('{user}', () => shellWord(decodeURIComponent(username)));
}
