import { chmodSync, copyFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, get } from 'node:https';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Sandbox } from '../support/sandbox.ts';
import type { Certificate } from '../support/self-signed.ts';
import { hasOpenssl, selfSigned } from '../support/self-signed.ts';
import { startServe } from '../support/serving.ts';

const flags = ['--tls-cert', 'cert.pem', '--tls-key', 'key.pem'];

function install(box: Sandbox, { key, cert }: Certificate): void {
  for (const [name, text] of Object.entries({ key, cert })) {
    writeFileSync(join(box.cwd, `${name}.new`), text, { mode: 0o600 });
    renameSync(join(box.cwd, `${name}.new`), join(box.cwd, `${name}.pem`));
  }
}

/** The certificate that a new connection is shown, as PEM without line breaks. */
function shown(url: string): Promise<string> {
  const { port, hostname: host } = new URL(url);
  return new Promise((done, fail) => {
    const socket = connect({ port: Number(port), host, rejectUnauthorized: false }, () => {
      done(socket.getPeerCertificate().raw.toString('base64'));
      socket.destroy();
    }).on('error', fail);
  });
}

function contentOf({ cert }: Certificate): string {
  return cert.replace(/-----[A-Z ]+-----|\s/g, '');
}

describe.skipIf(!hasOpenssl)('a certificate that is renewed', () => {
  test('SIGHUP reads it again: new connections get it, open ones stay', async () => {
    const box = new Sandbox();
    const [first, second] = [selfSigned('127.0.0.1'), selfSigned('127.0.0.1')];
    install(box, first);
    const server = await startServe(box, flags);
    expect(server.url).toMatch(/^https:/);
    expect(await shown(server.url)).toBe(contentOf(first));
    const agent = new Agent({ keepAlive: true, maxSockets: 1, rejectUnauthorized: false });
    onTestFinished(() => agent.destroy());
    const ask = () =>
      new Promise<[number | undefined, boolean]>((done, fail) => {
        const request = get(`${server.url}/readyz`, { agent }, (answer) => {
          answer.resume().on('end', () => done([answer.statusCode, request.reusedSocket]));
        }).on('error', fail);
      });
    expect(await ask()).toEqual([200, false]);

    install(box, second);
    process.kill(server.pid, 'SIGHUP');
    await expect.poll(() => shown(server.url)).toBe(contentOf(second));
    expect(await ask()).toEqual([200, true]);
    expect(server.stderr()).toContain('read the certificate again: cert.pem, key.pem\n');
    expect(await server.stop()).toBe(0);
  });

  test('so does a change of the files by itself, once both are there', { timeout: 20_000 }, async () => {
    const box = new Sandbox();
    install(box, selfSigned('127.0.0.1'));
    const server = await startServe(box, [...flags, '--host', 'localhost', '--allow-host', '127.0.0.1']);
    const next = selfSigned('127.0.0.1');
    install(box, next);
    await expect.poll(() => shown(server.url), { timeout: 10_000 }).toBe(contentOf(next));
  });

  test('files that do not fit leave the old one in use, and say so', async () => {
    const box = new Sandbox();
    const [first, second] = [selfSigned('127.0.0.1'), selfSigned('127.0.0.1')];
    install(box, first);
    const server = await startServe(box, flags);
    for (const spoil of [
      () => copyFileSync(second.file, join(box.cwd, 'cert.pem')),
      () => writeFileSync(join(box.cwd, 'cert.pem'), 'garbage EXAMPLE'),
      () => renameSync(join(box.cwd, 'cert.pem'), join(box.cwd, 'elsewhere.pem')),
    ]) {
      const before = server.stderr().length;
      spoil();
      process.kill(server.pid, 'SIGHUP');
      await expect
        .poll(() => server.stderr().slice(before))
        .toMatch(/^warning: --tls-cert.*; the certificate that was in use stays in use$/m);
      expect(await shown(server.url)).toBe(contentOf(first));
    }
    expect(server.stderr()).not.toContain('EXAMPLE');
    expect(await server.stop()).toBe(0);
  });

  test.skipIf(process.platform === 'win32')('a private key that others can read is reported', async () => {
    const box = new Sandbox();
    install(box, selfSigned('127.0.0.1'));
    // Not below /dev, where temporary files may be: there a mode is not up to the user.
    const folder = mkdtempSync('/var/tmp/keys-test-');
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const key = join(folder, 'key.pem');
    copyFileSync(join(box.cwd, 'key.pem'), key);
    chmodSync(key, 0o644);
    const server = await startServe(box, ['--tls-cert', 'cert.pem', '--tls-key', key]);
    expect(server.stderr()).toMatch(/^warning: .*key\.pem is readable by others \(0644\): chmod 600 '/m);
  });
});
