import type { Secret } from '../base/secret.ts';
import { setting } from '../platform/env.ts';
import type { Io } from '../platform/io.ts';

/**
 * Asks a CI system to mask the secret in its log before anything else is done with it. GitHub Actions also reads workflow
 * commands from stderr; the value is escaped as its toolkit does. A log is masked line by line, so each line of a secret
 * is masked by itself, too.
 */
export async function maskInCiLog(io: Io, secret: Secret): Promise<void> {
  if (setting(io.env, 'GITHUB_ACTIONS') !== 'true') return;
  const value = secret.reveal();
  const lines = value.split(/[\r\n]+/).filter((line) => line.trim() !== '');
  const values = new Set([value, ...lines]);
  await io.stderr.write([...values].map((one) => `::add-mask::${escaped(one)}\n`).join(''));
}

function escaped(value: string): string {
  return value.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}
