import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Provider } from '../../src/providers/declaration/provider.ts';
import { providers } from '../../src/providers/index.ts';
import { FaultServer, json } from '../support/fault-server.ts';
import { Sandbox } from '../support/sandbox.ts';
import { seedKey } from '../support/seed.ts';

interface Snippet {
  lang: string;
  id: string;
  name: string;
  url: string;
  variable: string;
  code: string;
}

async function boxWithKey(name = 'ci'): Promise<{ box: Sandbox; id: string }> {
  const box = new Sandbox();
  return { box, id: await seedKey(box, new Date(), { name }) };
}

/** The snippet for the one key, `ci`, of a provider of the user's own. */
async function snippetOf(lang: string, fields: Partial<Provider>, path = ''): Promise<Snippet> {
  const [box, server] = [new Sandbox(), await FaultServer.start()];
  const unreal = providers.find(({ id }) => id === 'unreal');
  const folder = join(box.home, 'config', 'providers');
  mkdirSync(folder, { recursive: true });
  const { verify: _, ...rest } = unreal as Provider;
  writeFileSync(join(folder, 'mine.json'), JSON.stringify({ ...rest, id: 'mine', ...fields }));
  server.on(`GET ${path}/v1/keys`, json(200, { keys: [{ name: 'ci', hash: 'h1', created: 0 }] }));
  const url = server.origin + path;
  const run = await box.keys(['snippet', 'ci', '--lang', lang, '--json'], {
    env: { KEYS_PROVIDER: 'mine', KEYS_URL: url, KEYS_TOKEN: 'tok-EXAMPLE' },
  });
  expect(run.exit).toBe(0);
  const snippet = JSON.parse(run.stdout) as Snippet;
  expect(snippet.url).toBe(url);
  return { ...snippet, code: snippet.code.replaceAll(server.origin, 'https://api.example.com') };
}

test('without --lang, prints curl for the default address of keys serve', async () => {
  const { box, id } = await boxWithKey();
  expect(await box.keys(['snippet', 'ci'])).toEqual({
    exit: 0,
    stdout: [
      `# key ci, id ${id}, secret in API_KEY`,
      `printf '%s%s\\n' 'Authorization: Bearer ' "$API_KEY" |`,
      '  curl --silent --show-error --fail --globoff \\',
      "    --header @- 'http://127.0.0.1:8787/v1/models'\n",
    ].join('\n'),
    stderr: 'start the server at http://127.0.0.1:8787 with: keys serve\n',
  });
});

test('--json has the code and its parts', async () => {
  const { box, id } = await boxWithKey();
  const run = await box.keys(['snippet', 'ci', '--lang', 'node', '--json']);
  const { code, ...rest } = JSON.parse(run.stdout) as Snippet;
  expect(rest).toEqual({ lang: 'node', id, name: 'ci', url: 'http://127.0.0.1:8787', variable: 'API_KEY' });
  expect(code).toBe((await box.keys(['snippet', 'ci', '--lang', 'node'])).stdout);
});

test('a terminal shows the same code', async () => {
  const { box } = await boxWithKey();
  const [plain, terminal] = [
    await box.keys(['snippet', 'ci']),
    await box.keys(['snippet', 'ci'], { terminal: 40 }),
  ];
  expect(terminal.stdout).toBe(plain.stdout);
});

test.each([
  ['sh', 'IFS= read -rs API_KEY'],
  ['cmd', '@set /p "API_KEY=API key: "'],
  ['powershell', "Read-Host -AsSecureString 'API key'"],
])('%s prompts for the secret, so that it is in no history', async (lang, line) => {
  const { box } = await boxWithKey();
  expect((await box.keys(['snippet', 'ci', '--lang', lang])).stdout).toContain(line);
});

test('refuses an unknown language and an unknown key', async () => {
  const { box } = await boxWithKey();
  const run = await box.keys(['snippet', 'ci', '--lang', 'ruby']);
  expect(run.exit).toBe(2);
  expect(run.stderr).toContain("'ruby' is not one of curl, python, node, sh, cmd, powershell");
  expect((await box.keys(['snippet', 'nobody'])).exit).toBe(3);
});

test('warns of a key that no longer works', async () => {
  const { box, id } = await boxWithKey();
  await box.keys(['revoke', id, '--yes']);
  expect((await box.keys(['snippet', id])).stderr).toContain('warning: the key ci is revoked');
});

describe('the call of a provider', () => {
  test('has its path, its header, its query and its constant headers', async () => {
    const { code } = await snippetOf('node', {
      headers: { 'X-Version': '2026-01-01' },
      verify: { get: '/me', query: { full: 'a b' }, auth: { header: 'X-API-Key' } },
    });
    expect(code.split('\n').slice(1)).toEqual([
      'fetch("https://api.example.com/me?full=a+b", {',
      '  headers: {',
      '    "X-API-Key": "" + process.env.API_KEY,',
      '    "X-Version": "2026-01-01",',
      '  },',
      '}).then(async (response) => console.log(response.status, await response.text()));',
      '',
    ]);
  });

  test('stays below the base URL', async () => {
    const { code } = await snippetOf('curl', { verify: { get: '/v1/models' } }, '/api');
    expect(code).toContain("'https://api.example.com/api/v1/models'");
  });

  test('is only the base URL if the provider declares no call', async () => {
    const { code } = await snippetOf('curl', {});
    expect(code).toContain("--header @- 'https://api.example.com/'");
  });

  test.each([
    ['curl', `'X-A: it'\\''s $(touch pwned) "%"'`, `'https://api.example.com/it'\\''s$(touch)'`],
    ['powershell', `'it''s $(touch pwned) "%"'`, `'https://api.example.com/it''s$(touch)'`],
    ['python', `"it's $(touch pwned) \\"%\\""`, `"https://api.example.com/it's$(touch)"`],
    ['node', `"it's $(touch pwned) \\"%\\""`, `"https://api.example.com/it's$(touch)"`],
    ['cmd', '"X-A: its touch pwned "', `"https://api.example.com/it's$(touch)"`],
  ])('has no special meaning to %s', async (lang, header, url) => {
    const { code } = await snippetOf(lang, {
      headers: { 'X-A': 'it\'s $(touch pwned) "%"' },
      verify: { get: "/it's$(touch)" },
    });
    expect(code).toContain(header);
    expect(code).toContain(url);
  });

  test('escapes percent signs for cmd', async () => {
    const { code } = await snippetOf('cmd', { verify: { get: '/a%20b' } });
    expect(code).toContain('"https://api.example.com/a%%20b"');
  });
});

test.each([
  ['line one\nline two', 'line one\\nline two'],
  ['cr\rlf', 'cr\\rlf'],
  ['sep\u2028arator', 'sep\\u2028arator'],
  ['back\u202ewards\u001b[31m', 'back\\u202ewards\\x1b\\u{5b}31m'],
  ["it's $(touch pwned)", 'it\\u{27}s \\u{24}\\u{28}touch pwned\\u{29}'],
  ['`id`;id|id&id>id', '\\u{60}id\\u{60}\\u{3b}id\\u{7c}id\\u{26}id\\u{3e}id'],
  ['100% !x ~ * ^ "', '100\\u{25} \\u{21}x \\u{7e} \\u{2a} \\u{5e} \\u{22}'],
  ['at the end\\', 'at the end\\x5c'],
  ['déployé 東京 👩‍💻 a.b_c@d:/e+f,g-h', 'déployé 東京 👩‍💻 a.b_c@d:/e+f,g-h'],
])('the comment shows the name %j as %s', async (name, written) => {
  const { box, id } = await boxWithKey(name);
  for (const lang of ['curl', 'python', 'node', 'sh', 'powershell']) {
    const { stdout } = await box.keys(['snippet', id, '--lang', lang]);
    expect(stdout).toContain(`key ${written}, id ${id}, secret in API_KEY\n`);
  }
  const { stdout } = await box.keys(['snippet', id, '--lang', 'cmd']);
  expect(stdout.split('\n')).toHaveLength(4);
  expect(stdout).toMatch(/^@rem key [\w \\{}.@:/+,?-]+\n@set /);
});
