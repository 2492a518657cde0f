import { usageError } from '../base/errors.ts';
import type { Environment } from '../platform/env.ts';
import { isLoopback } from './base-url.ts';

const defaultPorts: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' };

/**
 * The proxy for an origin, from the variable of its scheme; lower case names first, as in curl
 * (curl.se/docs/manpage.html#ENVIRONMENT). Plain http: requests stay on this machine, so they only use a proxy on it.
 * Throws `KeysError` (usage) for a proxy that is not an http or https URL.
 */
export function proxyFor(origin: URL, env: Environment): URL | undefined {
  const isSecure = origin.protocol === 'https:';
  const text = isSecure ? env.https_proxy || env.HTTPS_PROXY : env.http_proxy || env.HTTP_PROXY;
  if (!text) return undefined;
  // curl and others also accept `proxy.example.com:3128`.
  const address = text.includes('://') ? text : `http://${text}`;
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) {
    // The value may hold a password, so it is not repeated.
    throw usageError(
      `${isSecure ? 'HTTPS_PROXY' : 'HTTP_PROXY'} is not the URL of an http or https proxy`,
      `export ${isSecure ? 'HTTPS_PROXY' : 'HTTP_PROXY'}=http://proxy.example.com:3128`,
    );
  }
  const mayUse = (isSecure || isLoopback(url)) && !isExempt(origin, env.no_proxy || env.NO_PROXY || '');
  return mayUse ? url : undefined;
}

/**
 * Whether NO_PROXY names the host of an origin or a domain above it. Entries are separated by commas or spaces, may begin
 * with `.` or `*.`, and may end with a port, unless they are an IPv6 address without brackets. `*` alone names every host.
 */
function isExempt({ protocol, hostname, port }: URL, noProxy: string): boolean {
  if (noProxy.trim() === '*') return true;
  return noProxy
    .toLowerCase()
    .split(/[,\s]+/)
    .filter((entry) => entry !== '')
    .map((entry) => (URL.canParse(`http://[${entry}]`) ? new URL(`http://[${entry}]`).hostname : entry))
    .some((entry) => {
      const [, host = entry, entryPort] = /^(.+):(\d+)$/.exec(entry) ?? [];
      if (entryPort && Number(entryPort) !== Number(port || defaultPorts[protocol])) return false;
      const domain = host.replace(/^\*?\./, '');
      return hostname === domain || hostname.endsWith(`.${domain}`);
    });
}
