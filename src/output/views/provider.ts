import { visible } from '../../base/sanitise.ts';
import type { Capabilities } from '../../keys/ports.ts';
import { secretVariable } from '../../platform/env.ts';
import type { Terminal } from '../style.ts';
import { capabilityLines } from './capability-lines.ts';
import { renderWrappedRecord } from './wrapped-record.ts';

/** What `provider show` prints. */
export interface ProviderDescription {
  id: string;
  name: string;
  url: string | null;
  docs?: string;
  /** When the documentation was written or read. */
  asOf?: string;
  note?: string;
  /** The help of each setting, by its name. */
  options: Readonly<Record<string, string>>;
  /** The help of each secret that calls need beside the session token, by its name. */
  secrets?: Readonly<Record<string, string>>;
  permissions?: readonly string[];
  capabilities: Capabilities;
}

export function providerView(provider: ProviderDescription, noUrl: string, terminal: Terminal): string {
  const { id, name, url, docs, asOf, note, permissions, capabilities } = provider;
  const options = Object.entries(provider.options).map(([option, help]) =>
    visible(`--option ${option}=VALUE: ${help}`),
  );
  const secrets = Object.entries(provider.secrets ?? {}).map(([secret, help]) =>
    visible(`${secretVariable(secret)}: ${help}`),
  );
  return renderWrappedRecord(
    [
      ['Id', id],
      ['Name', visible(name)],
      ['URL', url ?? noUrl],
      ['Docs', docs && visible(asOf === undefined ? docs : `${docs} (as of ${asOf})`)],
      ['Note', note && visible(note)],
      ['Options', options.join('\n')],
      ['Secrets', secrets.join('\n')],
      ['Permissions', permissions?.map(visible).join(', ')],
      ...capabilityLines(capabilities),
    ],
    terminal,
  );
}
