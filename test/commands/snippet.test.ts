import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { unreal } from '../../src/providers/built-in/unreal.ts';
import type { Provider } from '../../src/providers/declaration/provider.ts';
import { FaultServer, json } from '../support/fault-server.ts';
import { Sandbox } from '../support/sandbox.ts';
import { seedKey } from '../support/seed.ts';
import { ids, Transcript } from '../support/transcript.ts';

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
  const { box } = await boxWithKey();
  expect(await new Transcript(box, [ids]).keys(['snippet', 'ci'])).toMatchInlineSnapshot(`
    "$ keys snippet ci
    exit 0
    --- stdout
    # key ci, id [id 1], secret in API_KEY
    printf '%s%s\\n' 'Authorization: Bearer ' "$API_KEY" |
      curl --silent --show-error --fail --globoff \\
        --header @- 'http://127.0.0.1:8787/v1/models'
    --- stderr
    start the server at http://127.0.0.1:8787 with: keys serve
    "
  `);
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

test('sh, cmd and powershell prompt for the secret, so that it is in no history', async () => {
  const { box } = await boxWithKey();
  const lines = ['sh', 'cmd', 'powershell'].map((lang) => ['snippet', 'ci', '--lang', lang]);
  expect(await new Transcript(box, [ids]).all(lines)).toMatchInlineSnapshot(`
    "$ keys snippet ci --lang sh
    exit 0
    --- stdout
    # key ci, id [id 1], secret in API_KEY
    {
      printf 'API key: ' >&2
      if [ -n "\${BASH_VERSION-}\${ZSH_VERSION-}" ]; then
        IFS= read -rs API_KEY
      else
        trap 'stty echo' INT; stty -echo 2>/dev/null
        IFS= read -r API_KEY
        stty echo 2>/dev/null; trap - INT
      fi
      printf '\\n' >&2
      export API_KEY
      printf '%s%s\\n' 'Authorization: Bearer ' "$API_KEY" |
        curl --silent --show-error --fail --globoff \\
          --header @- 'http://127.0.0.1:8787/v1/models'
    }
    --- stderr
    start the server at http://127.0.0.1:8787 with: keys serve
    $ keys snippet ci --lang cmd
    exit 0
    --- stdout
    @rem key ci, id [id 1], secret in API_KEY
    @set /p "API_KEY=API key: "
    @cmd /v:on /c "echo Authorization: Bearer !API_KEY!"|curl --silent --show-error --fail --globoff --header @- "http://127.0.0.1:8787/v1/models"
    --- stderr
    start the server at http://127.0.0.1:8787 with: keys serve
    $ keys snippet ci --lang powershell
    exit 0
    --- stdout
    # key ci, id [id 1], secret in API_KEY
    & {
      $value = Read-Host -AsSecureString 'API key'
      $env:API_KEY = [System.Net.NetworkCredential]::new('', $value).Password
      Invoke-RestMethod -Uri 'http://127.0.0.1:8787/v1/models' -Headers @{
        'Authorization' = 'Bearer ' + $env:API_KEY
      }
    }
    --- stderr
    start the server at http://127.0.0.1:8787 with: keys serve
    "
  `);
});

test('refuses an unknown language and an unknown key', async () => {
  const { box } = await boxWithKey();
  const lines = [
    ['snippet', 'ci', '--lang', 'ruby'],
    ['snippet', 'other'],
  ];
  expect(await new Transcript(box, []).all(lines)).toMatchInlineSnapshot(`
    "$ keys snippet ci --lang ruby
    exit 2
    --- stderr
    error: --lang: 'ruby' is not one of curl, python, node, sh, cmd, powershell
    hint: keys help snippet
    $ keys snippet other
    exit 3
    --- stderr
    error: no key has the id or the name 'other'
    hint: keys list --status all
    "
  `);
});

test('warns of a key that no longer works', async () => {
  const { box, id } = await boxWithKey();
  await box.keys(['revoke', id, '--yes']);
  expect(await new Transcript(box, [ids]).keys(['snippet', id])).toMatchInlineSnapshot(`
    "$ keys snippet [id 1]
    exit 0
    --- stdout
    # key ci, id [id 1], secret in API_KEY
    printf '%s%s\\n' 'Authorization: Bearer ' "$API_KEY" |
      curl --silent --show-error --fail --globoff \\
        --header @- 'http://127.0.0.1:8787/v1/models'
    --- stderr
    warning: the key ci is revoked
    start the server at http://127.0.0.1:8787 with: keys serve
    "
  `);
});

describe('the call of a provider', () => {
  test('has its path, its header, its query and its constant headers', async () => {
    const { code } = await snippetOf('node', {
      headers: { 'X-Version': '2026-01-01' },
      verify: { get: '/me', query: { full: 'a b' }, auth: { header: 'X-API-Key' } },
    });
    expect(code).toMatchInlineSnapshot(`
      "// key ci, id h1, secret in API_KEY
      fetch("https://api.example.com/me?full=a+b", {
        headers: {
          "X-API-Key": "" + process.env.API_KEY,
          "X-Version": "2026-01-01",
        },
      }).then(async (response) => console.log(response.status, await response.text()));
      "
    `);
  });

  test('stays below the base URL', async () => {
    const { code } = await snippetOf('curl', { verify: { get: '/v1/models' } }, '/api');
    expect(code).toMatchInlineSnapshot(`
      "# key ci, id h1, secret in API_KEY
      printf '%s%s\\n' 'Authorization: Bearer ' "$API_KEY" |
        curl --silent --show-error --fail --globoff \\
          --header @- 'https://api.example.com/api/v1/models'
      "
    `);
  });

  test('is only the base URL if the provider declares no call', async () => {
    const { code } = await snippetOf('curl', {});
    expect(code).toMatchInlineSnapshot(`
      "# key ci, id h1, secret in API_KEY
      printf '%s%s\\n' 'Authorization: Bearer ' "$API_KEY" |
        curl --silent --show-error --fail --globoff \\
          --header @- 'https://api.example.com/'
      "
    `);
  });

  describe('has no special meaning to', () => {
    const hostile: Partial<Provider> = {
      headers: { 'X-A': 'it\'s $(touch pwned) "%"' },
      verify: { get: "/it's$(touch)" },
    };

    test('curl', async () => {
      expect((await snippetOf('curl', hostile)).code).toMatchInlineSnapshot(`
        "# key ci, id h1, secret in API_KEY
        printf '%s%s\\n' 'Authorization: Bearer ' "$API_KEY" |
          curl --silent --show-error --fail --globoff \\
            --header 'X-A: it'\\''s $(touch pwned) "%"' \\
            --header @- 'https://api.example.com/it'\\''s$(touch)'
        "
      `);
    });

    test('powershell', async () => {
      expect((await snippetOf('powershell', hostile)).code).toMatchInlineSnapshot(`
        "# key ci, id h1, secret in API_KEY
        & {
          $value = Read-Host -AsSecureString 'API key'
          $env:API_KEY = [System.Net.NetworkCredential]::new('', $value).Password
          Invoke-RestMethod -Uri 'https://api.example.com/it''s$(touch)' -Headers @{
            'Authorization' = 'Bearer ' + $env:API_KEY
            'X-A' = 'it''s $(touch pwned) "%"'
          }
        }
        "
      `);
    });

    test('python', async () => {
      expect((await snippetOf('python', hostile)).code).toMatchInlineSnapshot(`
        "import os
        import urllib.request

        # key ci, id h1, secret in API_KEY
        request = urllib.request.Request(
            "https://api.example.com/it's$(touch)",
            headers={
                "Authorization": "Bearer " + os.environ["API_KEY"],
                "X-A": "it's $(touch pwned) \\"%\\"",
            },
        )
        with urllib.request.urlopen(request) as response:
            print(response.status, response.read().decode())
        "
      `);
    });

    test('node', async () => {
      expect((await snippetOf('node', hostile)).code).toMatchInlineSnapshot(`
        "// key ci, id h1, secret in API_KEY
        fetch("https://api.example.com/it's$(touch)", {
          headers: {
            "Authorization": "Bearer " + process.env.API_KEY,
            "X-A": "it's $(touch pwned) \\"%\\"",
          },
        }).then(async (response) => console.log(response.status, await response.text()));
        "
      `);
    });

    test('cmd', async () => {
      expect((await snippetOf('cmd', hostile)).code).toMatchInlineSnapshot(`
        "@rem key ci, id h1, secret in API_KEY
        @set /p "API_KEY=API key: "
        @cmd /v:on /c "echo Authorization: Bearer !API_KEY!"|curl --silent --show-error --fail --globoff --header "X-A: its touch pwned " --header @- "https://api.example.com/it's$(touch)"
        "
      `);
    });
  });

  test('escapes percent signs for cmd', async () => {
    const { code } = await snippetOf('cmd', { verify: { get: '/a%20b' } });
    expect(code).toMatchInlineSnapshot(`
      "@rem key ci, id h1, secret in API_KEY
      @set /p "API_KEY=API key: "
      @cmd /v:on /c "echo Authorization: Bearer !API_KEY!"|curl --silent --show-error --fail --globoff --header @- "https://api.example.com/a%%20b"
      "
    `);
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
    const [comment] = stdout.split('\n').flatMap((line) => /^(?:#|\/\/) (.*)/.exec(line)?.[1] ?? []);
    expect(comment).toBe(`key ${written}, id ${id}, secret in API_KEY`);
  }
  const { stdout } = await box.keys(['snippet', id, '--lang', 'cmd']);
  expect(stdout.split('\n')).toHaveLength(4);
  expect(stdout).toMatch(/^@rem key [\w \\{}.@:/+,?-]+\n@set /);
});
