import { describe, expect, test } from 'vitest';
import { forgedKey } from '../support/authority.ts';
import { FaultServer, json } from '../support/fault-server.ts';
import { Sandbox } from '../support/sandbox.ts';

const value = 'sk-0123456789abcdefghij_EXAMPLE';

async function account({ isAsked = true } = {}) {
  const [box, server] = [new Sandbox(), await FaultServer.start()];
  if (isAsked) server.on('GET /v1/models', json(200, { data: [] }));
  const env = { KEYS_PROVIDER: 'unreal', KEYS_URL: server.origin, KEYS_TOKEN: 'tok-EXAMPLE' };
  return { box, server, env };
}

describe('only the secret in the input is sent to the API', () => {
  test.each([
    ['alone', `${value}\n`],
    ['in quotes', `"${value}"\n`],
    ['with a byte order mark', `\ufeff${value}\r\n`],
    ['a dotenv line', `API_KEY=${value}\n`],
    ['a dotenv line in quotes', `export API_KEY="${value}" # of ci\n`],
    ['the one value of a dotenv file', `# settings\nPORT=8080\nAPI_KEY='${value}'\nNAME=search\n`],
    ['JSON', `{"apiKey":"${value}"}`],
    ['a header', `Authorization: Bearer ${value}`],
  ])('%s', async (_, stdin) => {
    const { box, server, env } = await account();
    const run = await box.keys(['verify', '--json', 'valid'], { env, stdin });
    expect(run, run.stderr).toMatchObject({ exit: 0 });
    expect(server.received.map(({ headers }) => headers.authorization)).toEqual([`Bearer ${value}`]);
  });

  test('a dotenv line with a secret of unknown form', async () => {
    const { box, server, env } = await account();
    await box.keys(['verify'], { env, stdin: 'API_KEY=correct-horse-battery\n' });
    expect(server.received[0]?.headers.authorization).toBe('Bearer correct-horse-battery');
  });

  test.each([
    ['several secrets', `A=${value}\nB=${forgedKey('0123456789abcdef')}\n`, 'several secrets'],
    ['no value', 'PORT=8080\nNAME=search\n', 'not a single secret'],
    ['a sentence', 'there is nothing here', 'not a single secret'],
  ])('%s: exit 2, and nothing is sent', async (_, stdin, reason) => {
    const { box, server, env } = await account({ isAsked: false });
    const run = await box.keys(['verify'], { env, stdin });
    expect(run).toMatchObject({ exit: 2, stdout: '', stderr: expect.stringContaining(reason) });
    expect(run.stderr).toContain('keys verify --from env:PATH#NAME');
    expect(server.received).toEqual([]);
  });
});

test('a prefix does not name a key; the error says which key it belongs to', async () => {
  const box = new Sandbox();
  await box.keys(['create', 'ci', '--json'], { secretOnStdout: true });
  const [key] = JSON.parse((await box.keys(['list', '--json', 'id,prefix'])).stdout);
  const run = await box.keys(['show', key.prefix]);
  expect(run.exit).toBe(3);
  expect(run.stderr).toContain(`hint: ${key.prefix} is the prefix of a secret: keys show ${key.id}\n`);
});
