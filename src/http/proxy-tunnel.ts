import { request as plainRequest } from 'node:http';
import { request as secureRequest } from 'node:https';
import type { Socket } from 'node:net';
import { unescape as decoded } from 'node:querystring';
import { ProxyError } from './proxy-error.ts';

/**
 * Opens connections to an origin through a proxy (CONNECT, RFC 9110 section 9.3.6), not encrypted yet. The proxy learns the
 * host and nothing of a request. Rejects with a `ProxyError`.
 */
export function tunnelThrough(proxy: URL, origin: URL): (signal: AbortSignal) => Promise<Socket> {
  const isSecure = proxy.protocol === 'https:';
  const request = isSecure ? secureRequest : plainRequest;
  const target = `${origin.hostname}:${origin.port || (origin.protocol === 'https:' ? 443 : 80)}`;
  const options = {
    method: 'CONNECT',
    // Without the brackets of an IPv6 address.
    host: proxy.hostname.replace(/^\[|\]$/g, ''),
    port: proxy.port || (isSecure ? 443 : 80),
    path: target,
    headers: { host: target, ...authorizationOf(proxy) },
    agent: false,
  };
  return (signal) =>
    new Promise((resolve, reject) => {
      request({ ...options, signal })
        .on('connect', ({ statusCode: status = 0 }, socket: Socket, head) => {
          // The user of the connection notices its end.
          socket.on('error', () => {});
          // A proxy that accepts may answer any 2xx.
          const isAccepted = status >= 200 && status < 300;
          if (isAccepted && head.length === 0) return resolve(socket);
          socket.destroy();
          reject(new ProxyError(isAccepted ? { cause: new Error('bytes after the reply') } : { status }));
        })
        .on('error', (cause) => reject(new ProxyError({ cause })))
        .end();
    });
}

function authorizationOf({ username, password }: URL): Record<string, string> {
  if (username === '') return {};
  const credentials = Buffer.from(`${decoded(username)}:${decoded(password)}`).toString('base64');
  return { 'proxy-authorization': `Basic ${credentials}` };
}
