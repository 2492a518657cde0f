import { expect, test } from 'vitest';
import { FaultServer, json } from '../support/fault-server.ts';
import { LoopbackProxy } from '../support/loopback-proxy.ts';
import { Sandbox } from '../support/sandbox.ts';
import { hasOpenssl, selfSigned } from '../support/self-signed.ts';

/* An API over TLS whose certificate is signed by a CA of one's own. */

const empty = json(200, { keys: [] });

test.skipIf(!hasOpenssl)('NODE_EXTRA_CA_CERTS names the CA that an API is trusted by', async () => {
  const certificate = selfSigned('127.0.0.1');
  const server = await FaultServer.start(certificate);
  server.on('GET /v1/keys', empty);
  const box = new Sandbox();
  const env = { KEYS_PROVIDER: 'unreal', KEYS_URL: server.origin, KEYS_TOKEN: 'tok-EXAMPLE' };
  const refused = await box.program(['list', '--json'], { env });
  expect(refused).toMatchObject({ exit: 7, stdout: '' });
  expect(refused.stderr).toContain('DEPTH_ZERO_SELF_SIGNED_CERT');
  const trusting = { ...env, NODE_EXTRA_CA_CERTS: certificate.file };
  expect(await box.program(['list', '--json'], { env: trusting })).toMatchObject({ exit: 0, stdout: '[]\n' });
});

test.skipIf(!hasOpenssl)('a proxy reached over TLS connects to such an API', async () => {
  const certificate = selfSigned('127.0.0.1');
  const [server, proxy] = [
    await FaultServer.start(certificate),
    await LoopbackProxy.start({ tls: certificate }),
  ];
  server.on('GET /v1/keys', empty);
  const env = {
    KEYS_PROVIDER: 'unreal',
    KEYS_URL: server.origin,
    KEYS_TOKEN: 'tok-EXAMPLE',
    HTTPS_PROXY: proxy.url,
    NODE_EXTRA_CA_CERTS: certificate.file,
  };
  expect(await new Sandbox().program(['list', '--json'], { env })).toMatchObject({ exit: 0, stdout: '[]\n' });
  expect(proxy.tunnels).toEqual([new URL(server.origin).host]);
});
