import { expect, test } from 'vitest';
import { Secret } from '../../src/base/secret.ts';
import { unreal } from '../../src/providers/built-in/unreal.ts';
import type { Provider } from '../../src/providers/declaration/provider.ts';
import { failureIn } from '../support/failure.ts';
import { FaultServer } from '../support/fault-server.ts';
import { remoteAt, remoteOf } from './remote-of.ts';

/* A value that HTTP cannot carry is refused before the call, and the hint says which value it is. */

const code = 'header_not_sendable';
const broken = 'two\nlines';

test('an option', async () => {
  const provider: Provider = {
    ...unreal,
    options: { workspace: { help: 'the workspace' } },
    headers: { 'X-Workspace': '{option.workspace}' },
  };
  const { backend } = remoteOf(provider, await FaultServer.start(), { workspace: broken });
  expect(await failureIn(backend.list())).toMatchObject({
    code,
    message:
      'the value of the header X-Workspace contains a line break or another character that HTTP cannot carry',
    hints: ['keys login --option workspace=VALUE', 'or set KEYS_OPTION_WORKSPACE'],
  });
});

test('a secret of the user', async () => {
  const provider: Provider = {
    ...unreal,
    secrets: { password: { help: 'the password' } },
    headers: { 'X-Password': '{secret.password}' },
  };
  const server = await FaultServer.start();
  const { api } = remoteAt(provider, { url: server.url('/'), token: 'tok-EXAMPLE', now: () => new Date() });
  const list = { ...provider.list, headers: { 'X-Other': '{secret.password}\u2026' } };
  const failure = await failureIn(api.send(list, {}));
  expect(failure).toMatchObject({
    code,
    hints: ['set KEYS_PASSWORD to a value without line breaks, or keys login'],
  });
  expect(JSON.stringify(failure)).not.toContain('EXAMPLE');
});

test('a key that is verified', async () => {
  const { backend } = remoteOf(unreal, await FaultServer.start());
  const failure = await failureIn(backend.verify(new Secret(`sk_${broken}EXAMPLE`)));
  expect(failure).toMatchObject({
    code,
    hints: ['it is the key: check its value, without quotes and line breaks'],
  });
  expect(JSON.stringify(failure)).not.toContain('EXAMPLE');
});

test('the session token', async () => {
  const server = await FaultServer.start();
  const place = { url: server.url('/'), token: `tok-${broken}EXAMPLE`, now: () => new Date() };
  const failure = await failureIn(remoteAt(unreal, place).backend.list());
  expect(failure).toMatchObject({ code, hints: ['if it is the session token, store it again: keys login'] });
  expect(JSON.stringify(failure)).not.toContain('EXAMPLE');
});
