import { describe, expect, test } from 'vitest';
import { forgedKey } from '../support/authority.ts';
import { FaultServer, json } from '../support/fault-server.ts';
import { Sandbox } from '../support/sandbox.ts';
import { ids, prefixes, Transcript } from '../support/transcript.ts';

const value = 'sk-0123456789abcdefghij_EXAMPLE';

async function account({ isAsked = true } = {}) {
  const [box, server] = [new Sandbox(), await FaultServer.start()];
  if (isAsked) server.on('GET /v1/models', json(200, { data: [] }));
  const env = { KEYS_PROVIDER: 'unreal', KEYS_URL: server.origin, KEYS_TOKEN: 'tok-EXAMPLE' };
  return { box, server, env };
}

describe('only the secret in the input is sent to the API', () => {
  const note = 'the input contains more than the secret; only the secret is used\n';

  test.each([
    ['alone', `${value}\n`, ''],
    ['in quotes', `"${value}"\n`, ''],
    ['with a byte order mark', `\ufeff${value}\r\n`, ''],
    ['a dotenv line', `API_KEY=${value}\n`, note],
    ['a dotenv line in quotes', `export API_KEY="${value}" # of ci\n`, note],
    ['the one value of a dotenv file', `# settings\nPORT=8080\nAPI_KEY='${value}'\nNAME=search\n`, note],
    ['JSON', `{"apiKey":"${value}"}`, note],
    ['a header', `Authorization: Bearer ${value}`, note],
  ])('%s', async (_, stdin, stderr) => {
    const { box, server, env } = await account();
    const run = await box.keys(['verify', '--json', 'valid'], { env, stdin });
    expect(run).toEqual({ exit: 0, stdout: '{\n  "valid": true\n}\n', stderr });
    expect(server.received.map(({ headers }) => headers.authorization)).toEqual([`Bearer ${value}`]);
  });

  test('a dotenv line with a secret of unknown form', async () => {
    const { box, server, env } = await account();
    await box.keys(['verify'], { env, stdin: 'API_KEY=correct-horse-battery\n' });
    expect(server.received[0]?.headers.authorization).toBe('Bearer correct-horse-battery');
  });

  async function refusal(stdin: string): Promise<string> {
    const { box, server, env } = await account({ isAsked: false });
    const transcript = await new Transcript(box, []).keys(['verify'], { env, stdin });
    expect(server.received).toEqual([]);
    return transcript;
  }

  test('several secrets: exit 2, and nothing is sent', async () => {
    const text = `A=${value}\nB=${forgedKey('0123456789abcdef')}\n`;
    expect(await refusal(text)).toMatchInlineSnapshot(`
      "$ keys verify
      exit 2
      --- stderr
      error: the input contains several secrets; nothing was sent
      hint: keys verify --from env:PATH#NAME
      hint: to find out which of your keys are in a text: keys find
      "
    `);
  });

  test.each(['PORT=8080\nNAME=search\n', 'there is nothing here'])(
    'no single secret in %j: exit 2, and nothing is sent',
    async (text) => {
      expect(await refusal(text)).toMatchInlineSnapshot(`
        "$ keys verify
        exit 2
        --- stderr
        error: the input is not a single secret; nothing was sent
        hint: keys verify --from env:PATH#NAME
        hint: to find out which of your keys are in a text: keys find
        "
      `);
    },
  );
});

test('a prefix does not name a key; the error names the key it belongs to', async () => {
  const box = new Sandbox();
  await box.keys(['create', 'ci', '--json'], { secretOnStdout: true });
  const [key] = JSON.parse((await box.keys(['list', '--json', 'id,prefix'])).stdout);
  const shows = new Transcript(box, [prefixes, ids]);
  expect(await shows.keys(['show', key.prefix])).toMatchInlineSnapshot(`
    "$ keys show [prefix]
    exit 3
    --- stderr
    error: no key has the id or the name '[prefix]'
    hint: [prefix] is the prefix of a secret: keys show [id 1]
    hint: keys list --status all
    "
  `);
  expect(shows.filtered(key.id)).toBe('[id 1]');
});
