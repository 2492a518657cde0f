import { setting } from '../env.ts';
import type { Io } from '../io.ts';
import type { Secret } from '../secret.ts';

/**
 * Asks a CI system to mask the secret in its log before anything else is done with it. GitHub Actions reads workflow
 * commands from stderr too; the value is escaped as its toolkit does.
 */
export async function maskInCiLog(io: Io, secret: Secret): Promise<void> {
  if (setting(io.env, 'GITHUB_ACTIONS') !== 'true') return;
  const value = secret.reveal().replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
  await io.stderr.write(`::add-mask::${value}\n`);
}
