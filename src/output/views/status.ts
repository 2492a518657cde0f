import { shown } from '../../base/sanitise.ts';
import type { Capabilities } from '../../keys/ports.ts';
import type { Terminal } from '../style.ts';
import { capabilityLines } from './capability-lines.ts';
import { renderRecord } from './record.ts';

interface Status {
  profile: string;
  provider: string;
  url: string | null;
  tokenSource: string | null;
  authenticated: boolean | null;
  capabilities: Capabilities;
  secrets?: Readonly<Record<string, string | null>>;
}

/** The profile in use and what its provider can do. */
export function statusView(status: Status, terminal: Terminal): string {
  const session = sessionLine(status, terminal);
  return renderRecord(
    [
      ['Profile', shown(status.profile)],
      ['Provider', shown(status.provider)],
      ['URL', status.url === null ? 'none (runs in this process)' : shown(status.url)],
      ['Session', session],
      ...secretLines(status, terminal),
      ...capabilityLines(status.capabilities),
    ],
    terminal,
  );
}

function sessionLine({ authenticated, tokenSource }: Status, { style }: Terminal): string {
  if (authenticated === null) return style.yellow(`not checked, token from ${tokenSource}`);
  if (authenticated)
    return style.green(tokenSource === null ? 'not needed' : `accepted, token from ${tokenSource}`);
  return style.red(tokenSource === null ? 'not logged in' : `rejected, token from ${tokenSource}`);
}

/** A line per secret that is kept beside the token: where it is. */
function secretLines({ secrets = {} }: Status, { style }: Terminal): (readonly [string, string])[] {
  return Object.entries(secrets).map(([name, source]) => [
    `Secret ${name}`,
    source === null ? style.red('not stored') : `from ${source}`,
  ]);
}
