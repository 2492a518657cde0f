import { shown } from '../../base/sanitise.ts';
import type { Capabilities } from '../../keys/ports.ts';
import type { Terminal } from '../style.ts';
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

/** A line per capability, in words. */
export function capabilityLines(capabilities: Capabilities): (readonly [label: string, value: string])[] {
  return Object.entries(capabilities).map(([name, can]) => [label(name), answer(can)] as const);
}

/** `uniqueNames` as `Unique names`. */
function label(name: string): string {
  const words = name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function answer(can: unknown): string {
  if (can === null) return 'no known limit';
  if (typeof can === 'boolean') return can ? 'yes' : 'no';
  return Array.isArray(can) ? can.join(', ') || 'none' : String(can);
}
