import { describe, expect, test } from 'vitest';
import { spec } from '../support/authority.ts';
import { refusedKeys, withAuthority } from '../support/embedded-authority.ts';
import { program, Sandbox } from '../support/sandbox.ts';
import { shell } from '../support/shell.ts';
import { ids, prefixes, secrets, Transcript, times } from '../support/transcript.ts';

const filters = [secrets, prefixes, ids, times];

test('a pipe gets no secret unless asked for, and no key is created', async () => {
  const box = new Sandbox();
  const line = 'keys create ci --expires 90d | cat';
  expect(new Transcript(box, filters).line(line, await shell(box, line))).toMatchInlineSnapshot(`
    "$ keys create ci --expires 90d | cat
    exit 2
    --- stderr
    error: stdout is not a terminal, and no destination for the secret was given; no key was created
    hint: choose a sink: --to file:PATH or --to env:PATH#NAME (keys help sinks)
    hint: or print it: --json for the record with its secret, --secret-only for the secret alone
    "
  `);
  expect((await box.keys(['list', '--status', 'all', '--json'])).stdout).toBe('[]\n');
});

test('the second column of a piped list is the name', async () => {
  const box = new Sandbox();
  await makeKeys(box, ['alpha', 'two words', 'tab\there']);
  const { exit, stdout, stderr } = await shell(box, 'keys list | cut -f2');
  expect(stdout.split('\n').sort()).toEqual(['', 'alpha', 'tab\\there', 'two words']);
  expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
});

test('a reader that stops early ends a long list without an error', async () => {
  const box = new Sandbox();
  await makeKeys(
    box,
    Array.from({ length: 900 }, (_, index) => `key-${index}-${'x'.repeat(110)}`),
  );
  const whole = await shell(box, 'keys list | wc -c');
  expect(Number(whole.stdout)).toBeGreaterThan(2 * 65_536);

  for (const format of ['', '--json', '--format csv']) {
    const { exit, stdout, stderr } = await shell(box, `keys list ${format} | head -1`);
    expect(stdout.split('\n')).toHaveLength(2);
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
  }
});

test('--json id,name,status,expiresAt selects these fields, in this order', async () => {
  const box = new Sandbox();
  await makeKeys(box, ['alpha', 'beta']);
  const { stdout } = await box.keys(['list', '--json', 'id,name,status,expiresAt', '--sort', 'name']);
  const keys = JSON.parse(stdout) as Record<string, unknown>[];
  expect(keys.map((key) => Object.keys(key))).toEqual([
    ['id', 'name', 'status', 'expiresAt'],
    ['id', 'name', 'status', 'expiresAt'],
  ]);
  expect(keys).toMatchObject([
    { name: 'alpha', status: 'active', expiresAt: null },
    { name: 'beta', status: 'active', expiresAt: null },
  ]);
});

test('a key is revoked if its reader is gone before the secret is written', async () => {
  const box = new Sandbox();
  // The pipe has no reader when the key is created: the shell has waited for the end of `true`.
  const line = 'exec 3> >(true); wait $!; keys create ci --secret-only >&3; echo $?';
  expect(new Transcript(box, filters).line(line, await shell(box, line))).toMatchInlineSnapshot(`
    "$ exec 3> >(true); wait $!; keys create ci --secret-only >&3; echo $?
    exit 0
    --- stdout
    1
    --- stderr
    error: the secret was not delivered to stdout: EPIPE: broken pipe, write; the new key [id 1] was revoked
    hint: set up an escrow to keep it next time: keys doctor
    "
  `);
  const keys = (await box.keys(['list', '--status', 'all', '--json', 'name,status'])).stdout;
  expect(JSON.parse(keys)).toEqual([{ name: 'ci', status: 'revoked' }]);
});

async function makeKeys(box: Sandbox, names: readonly string[]): Promise<void> {
  await withAuthority(box, async (authority) => {
    for (const name of names) await authority.create(spec({ name }));
  });
}

describe('a stdout that cannot be written to', () => {
  const redirections = ['>&-', '>/dev/full', '1</dev/null', '1<>/dev/null'];
  const lines = [
    ...redirections.map((redirection) => `create new --json ${redirection}`),
    'create new --secret-only >&-',
    'create new --to stdout >&-',
    'rotate ci --json >&-',
    'session create --user ada --secret-only >&-',
  ];

  test('is an error before a secret is created', { timeout: 60_000 }, async () => {
    const box = new Sandbox();
    box.expectSecretIn('ci.key');
    await box.keys(['create', 'ci', '--to', 'file:ci.key']);
    const story = new Transcript(box, filters);
    const texts: string[] = [];
    for (const line of lines) {
      const run = await box.command(['bash', '-c', `"$0" "$1" ${line}`, process.execPath, program]);
      texts.push(story.line(`keys ${line}`, run));
    }
    expect(texts.join('')).toMatchInlineSnapshot(`
      "$ keys create new --json >&-
      exit 2
      --- stderr
      {"error":{"code":"usage","message":"the secret cannot be printed on stdout: it is closed; nothing was created","hint":"choose a sink: --to file:PATH or --to env:PATH#NAME (keys help sinks)"}}
      --- files
      ci.key (600): [secret 1]
      $ keys create new --json >/dev/full
      exit 2
      --- stderr
      {"error":{"code":"usage","message":"the secret cannot be printed on stdout: it cannot be written to (ENOSPC); nothing was created","hint":"choose a sink: --to file:PATH or --to env:PATH#NAME (keys help sinks)"}}
      --- files
      ci.key (600): [secret 1]
      $ keys create new --json 1</dev/null
      exit 2
      --- stderr
      {"error":{"code":"usage","message":"the secret cannot be printed on stdout: it is closed; nothing was created","hint":"choose a sink: --to file:PATH or --to env:PATH#NAME (keys help sinks)"}}
      --- files
      ci.key (600): [secret 1]
      $ keys create new --json 1<>/dev/null
      exit 2
      --- stderr
      {"error":{"code":"usage","message":"the secret cannot be printed on stdout: it is closed; nothing was created","hint":"choose a sink: --to file:PATH or --to env:PATH#NAME (keys help sinks)"}}
      --- files
      ci.key (600): [secret 1]
      $ keys create new --secret-only >&-
      exit 2
      --- stderr
      error: the secret cannot be printed on stdout: it is closed; nothing was created
      hint: choose a sink: --to file:PATH or --to env:PATH#NAME (keys help sinks)
      --- files
      ci.key (600): [secret 1]
      $ keys create new --to stdout >&-
      exit 2
      --- stderr
      error: the secret cannot be printed on stdout: it is closed; nothing was created
      hint: choose a sink: --to file:PATH or --to env:PATH#NAME (keys help sinks)
      --- files
      ci.key (600): [secret 1]
      $ keys rotate ci --json >&-
      exit 2
      --- stderr
      {"error":{"code":"usage","message":"the secret cannot be printed on stdout: it is closed; nothing was created","hint":"choose a sink: --to file:PATH or --to env:PATH#NAME (keys help sinks)"}}
      --- files
      ci.key (600): [secret 1]
      $ keys session create --user ada --secret-only >&-
      exit 2
      --- stderr
      error: the secret cannot be printed on stdout: it is closed; nothing was created
      hint: choose a sink: --to file:PATH or --to env:PATH#NAME (keys help sinks)
      --- files
      ci.key (600): [secret 1]
      "
    `);
    const { stdout } = await box.keys(['list', '--status', 'all', '--json', 'name']);
    expect(JSON.parse(stdout)).toEqual([{ name: 'ci' }]);
    expect(JSON.parse((await box.keys(['session', 'list', '--json'])).stdout)).toEqual([]);
  });

  test('/dev/null takes the secret: it was asked for', async () => {
    const box = new Sandbox();
    const line = '"$0" "$1" create ci --json > /dev/null';
    expect((await box.command(['bash', '-c', line, process.execPath, program])).exit).toBe(0);
  });

  test.each(['2>&-', '<&-', '2>/dev/full', '2>&- <&-'])('the secret arrives with %s', async (closed) => {
    const box = new Sandbox();
    const line = `"$0" "$1" create ci --secret-only ${closed}`;
    const run = await box.command(['bash', '-c', line, process.execPath, program], {
      secretOnStdout: true,
    });
    expect(run.exit).toBe(0);
    expect(await refusedKeys(box, [run.stdout.trim()])).toEqual([]);
  });

  test('with the reader gone, a fleet starts no further rotation: exit 5', async () => {
    const box = new Sandbox();
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'])
      await box.keys(['create', name, '--secret-only'], { secretOnStdout: true });
    const line = `{ "$0" "$1" rotate --all --concurrency 1 --format ndjson --to 'exec:sh slow.sh {name}'; echo "ended $?" >&2; } | true`;
    box.write('slow.sh', 'sleep 0.1; cat > /dev/null\n');
    const run = await box.command(['bash', '-c', line, process.execPath, program]);
    expect(run.stderr).toMatch(/ended [05]/);
    const keys = JSON.parse(
      (await box.keys(['list', '--status', 'all', '--json', 'name'])).stdout,
    ) as unknown[];
    expect(run.stderr).toContain(keys.length < 16 ? 'ended 5' : 'ended 0');
  });
});
