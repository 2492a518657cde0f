import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

export const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

export interface Certificate {
  key: string;
  cert: string;
  /** The file of the certificate, until the test ends. */
  file: string;
}

/** A key and a certificate (PEM) for an IP address of this machine, signed only by itself. */
export function selfSigned(address: string): Certificate {
  const folder = mkdtempSync(join(tmpdir(), 'keys-tls-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [key, file] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const names = ['-subj', `/CN=${address}`, '-addext', `subjectAltName=IP:${address}`];
  execFileSync('openssl', [...request, '-keyout', key, '-out', file, '-days', '2', ...names], {
    stdio: 'ignore',
  });
  return { key: readFileSync(key, 'utf8'), cert: readFileSync(file, 'utf8'), file };
}
