import { onTestFinished } from 'vitest';
import { Secret } from '../../src/base/secret.ts';
import { createHttpClient } from '../../src/http/client.ts';
import type { Provider } from '../../src/providers/declaration/provider.ts';
import { Api } from '../../src/remote/api.ts';
import type { ApiOptions } from '../../src/remote/api-options.ts';
import { RemoteBackend } from '../../src/remote/remote-backend.ts';
import type { FaultServer } from '../support/fault-server.ts';
import { now } from './clock.ts';

export interface Remote {
  backend: RemoteBackend;
  api: Api;
  /** Milliseconds of each pause between two attempts; the pauses are not real. */
  waits: number[];
  /** Warnings about keys that could not be read in full. */
  warnings: string[];
}

/** The keys behind a scripted server, with the token `tok-EXAMPLE`. */
export function remoteOf(
  provider: Provider,
  server: FaultServer,
  options: Record<string, string> = {},
  limits: Pick<ApiOptions, 'maxListLength'> = {},
): Remote {
  return remoteAt(provider, { url: server.url('/'), token: 'tok-EXAMPLE', now: () => now }, options, limits);
}

/** The keys behind any server, with a token for it. */
export function remoteAt(
  provider: Provider,
  { url, token, now }: { url: URL; token: string; now: () => Date },
  options: Record<string, string> = {},
  limits: Pick<ApiOptions, 'maxListLength'> = {},
): Remote {
  const waits: number[] = [];
  const httpAt = (origin: string) => {
    const http = createHttpClient({
      origin,
      env: {},
      version: '0.0.0',
      timeoutMs: 1000,
      signal: new AbortController().signal,
      now,
      pause: async (milliseconds) => {
        waits.push(milliseconds);
      },
    });
    onTestFinished(() => http.close());
    return http;
  };
  const api = new Api({
    ...limits,
    timeoutMs: 30_000,
    provider,
    profile: 'test',
    url,
    token: async () => new Secret(token),
    options,
    http: httpAt(url.origin),
    httpAt,
    now,
    askSecret: async (name) => new Secret(`${name}-EXAMPLE`),
  });
  const warnings: string[] = [];
  const backend = new RemoteBackend(provider, api, now, async (text) => {
    warnings.push(text);
  });
  return { backend, api, waits, warnings };
}
