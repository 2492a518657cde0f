import type { Secret } from '../base/secret.ts';
import type { HttpClient } from '../http/client.ts';
import type { Provider } from '../providers/declaration/provider.ts';

export interface ApiOptions {
  provider: Provider;
  /** Name of the profile, for hints. */
  profile: string;
  /** The base URL; paths of the provider are below it. */
  url: URL;
  /** Finds the session token. Not called for calls made with a key. */
  token: () => Promise<Secret>;
  options: Readonly<Record<string, string>>;
  http: HttpClient;
  /** A client for another origin, which gets no session token. */
  httpAt: (origin: string) => HttpClient;
  /** Milliseconds that a call may take. */
  timeoutMs: number;
  now: () => Date;
  /** Milliseconds for all pages of a list of keys together. */
  listTimeoutMs?: number;
  /** Characters of all pages of a list of keys together, which are kept in memory. */
  maxListLength?: number;
  /** Obtains a secret that a single call needs besides the session token. */
  askSecret: (name: string) => Promise<Secret>;
}
