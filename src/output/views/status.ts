import { shown } from '../../base/sanitise.ts';
import type { Capabilities } from '../../keys/ports.ts';
import type { Terminal } from '../style.ts';
import { capabilityLines } from './capability-lines.ts';
import { moment } from './key-values.ts';
import { renderRecord } from './record.ts';

interface Status {
  profile: string;
  provider: string;
  url: string | null;
  tokenSource: string | null;
  authenticated: boolean | null;
  capabilities: Capabilities;
  secrets?: Readonly<Record<string, string | null>>;
  user?: string;
  role?: string;
  expiresAt?: string | null;
}

const noUrl = 'none (runs in this process)';

/** The profile in use and what its provider can do. */
export function statusView(status: Status, terminal: Terminal): string {
  const session = sessionLine(status, terminal);
  return renderRecord(
    [
      ['Profile', shown(status.profile)],
      ['Provider', shown(status.provider)],
      ['URL', status.url === null ? noUrl : shown(status.url)],
      ['Session', session],
      ['User', userLine(status)],
      ['Ends', status.expiresAt === undefined ? undefined : ending(status.expiresAt, terminal)],
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

function userLine({ user = '', role }: Pick<Status, 'user' | 'role'>): string {
  return [user, role && (user ? `(${role})` : role)]
    .filter(Boolean)
    .map((one) => shown(one ?? ''))
    .join(' ');
}

/** When the session ends. */
function ending(expiresAt: string | null, { now }: Terminal): string {
  return expiresAt === null ? 'never' : moment(expiresAt, now);
}

/** A line per secret that is kept beside the token: where it is. */
function secretLines({ secrets = {} }: Status, { style }: Terminal): (readonly [string, string])[] {
  return Object.entries(secrets).map(([name, source]) => [
    `Secret ${name}`,
    source === null ? style.red('not stored') : `from ${source}`,
  ]);
}

interface Whoami extends Pick<Status, 'profile' | 'provider' | 'url' | 'user' | 'role' | 'expiresAt'> {
  keyId?: string;
}

export function whoamiView(record: Whoami, terminal: Terminal): string {
  const { profile, provider, url, user = '', role = '', expiresAt, keyId = '' } = record;
  return renderRecord(
    [
      ['Profile', shown(profile)],
      ['Provider', shown(provider)],
      ['URL', url === null ? noUrl : shown(url)],
      ['User', shown(user)],
      ['Role', shown(role)],
      ['Ends', expiresAt === undefined ? undefined : ending(expiresAt, terminal)],
      ['Key', shown(keyId)],
    ],
    terminal,
  );
}
