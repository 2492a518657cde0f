import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import { systemCode, usageError } from '../../base/errors.ts';
import type { DatabaseUrl } from './database-url.ts';

/**
 * How a connection is encrypted and verified; false: not at all. Throws `usageError` for a file that cannot be read. As in
 * libpq, `require` with a root certificate verifies the issuer, and without one verifies nothing.
 */
export function tlsOptions(address: DatabaseUrl): ConnectionOptions | false {
  const { tlsMode, rootCertificate, certificate, privateKey } = address;
  if (tlsMode === 'disable') return false;
  // The system's own issuers are those that Node.js trusts by itself.
  const issuers = rootCertificate === 'system' ? undefined : rootCertificate;
  const isVerified = tlsMode !== 'require' || rootCertificate !== undefined;
  return {
    rejectUnauthorized: isVerified,
    minVersion: 'TLSv1.2',
    ...(issuers !== undefined && { ca: contentOf(issuers, 'sslrootcert') }),
    ...(certificate !== undefined && { cert: contentOf(certificate, 'sslcert') }),
    ...(privateKey !== undefined && { key: contentOf(privateKey, 'sslkey') }),
    ...(tlsMode !== 'verify-full' && { checkServerIdentity: () => undefined }),
  };
}

function contentOf(path: string, parameter: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = systemCode(error);
    if (code === undefined) throw error;
    throw usageError(`${parameter} in the database URL names ${path}, which cannot be read (${code})`);
  }
}
