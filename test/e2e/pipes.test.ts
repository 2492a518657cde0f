import { describe, expect, test } from 'vitest';
import { spec } from '../support/authority.ts';
import { refusedKeys, withAuthority } from '../support/embedded-authority.ts';
import { program, Sandbox } from '../support/sandbox.ts';
import { shell } from '../support/shell.ts';

test('a pipe that was promised no secret gets none, and no key is made', async () => {
  const box = new Sandbox();
  const { exit, stdout, stderr } = await shell(box, 'keys create ci --expires 90d | cat');
  expect(exit).toBe(2);
  expect(stdout).toBe('');
  expect(stderr).toContain('no key was created');
  expect((await box.program(['list', '--status', 'all', '--json'])).stdout).toBe('[]\n');
});

test('the second column of a list that is piped is the name', async () => {
  const box = new Sandbox();
  await makeKeys(box, ['alpha', 'two words', 'tab\there']);
  const { exit, stdout, stderr } = await shell(box, 'keys list | cut -f2');
  expect(stdout.split('\n').sort()).toEqual(['', 'alpha', 'tab\\there', 'two words']);
  expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
});

test('a reader that has seen enough of a long list ends it without an error', async () => {
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
  const { stdout } = await box.program(['list', '--json', 'id,name,status,expiresAt', '--sort', 'name']);
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

test('a key whose reader has gone before its secret is written is revoked again', async () => {
  const box = new Sandbox();
  // Nobody reads the pipe any more when the key is made: the shell has waited for the end of `true`.
  const line = 'exec 3> >(true); wait $!; keys create ci --secret-only >&3; echo $?';
  const { stdout, stderr } = await shell(box, line);
  expect(stdout).not.toBe('0\n');
  expect(stderr).toContain('was revoked');
  const keys = (await box.program(['list', '--status', 'all', '--json', 'name,status'])).stdout;
  expect(JSON.parse(keys)).toEqual([{ name: 'ci', status: 'revoked' }]);
});

async function makeKeys(box: Sandbox, names: readonly string[]): Promise<void> {
  await withAuthority(box, async (authority) => {
    for (const name of names) await authority.create(spec({ name }));
  });
}

describe('a stdout that nothing arrives at', () => {
  const others = [
    'create new --secret-only',
    'create new --to stdout',
    'rotate ci --json',
    'session create --user ada --secret-only',
  ];
  const outputs = ['>&-', '>/dev/full', '1</dev/null', '1<>/dev/null'];

  test.each([
    ...outputs.map((output) => ['create new --json', output] as const),
    ...others.map((command) => [command, '>&-'] as const),
  ])('is found before a secret is made: %s %s', async (command, output) => {
    const box = new Sandbox();
    box.expectSecretIn('ci.key');
    await box.program(['create', 'ci', '--to', 'file:ci.key']);
    const run = await box.command([
      'bash',
      '-c',
      `"$0" "$1" ${command} ${output}; echo "ended $?" >&2`,
      process.execPath,
      program,
    ]);
    expect(run.stderr).toContain('ended 2\n');
    expect(run.stderr).toContain('the secret cannot be printed on stdout: ');
    const { stdout } = await box.program(['list', '--status', 'all', '--json', 'name']);
    expect(JSON.parse(stdout)).toEqual([{ name: 'ci' }]);
    expect(JSON.parse((await box.program(['session', 'list', '--json'])).stdout)).toEqual([]);
  });

  test('where it was thrown away on purpose, it is', async () => {
    const box = new Sandbox();
    const line = '"$0" "$1" create ci --json > /dev/null';
    expect((await box.command(['bash', '-c', line, process.execPath, program])).exit).toBe(0);
  });

  test.each(['2>&-', '<&-', '2>/dev/full', '2>&- <&-'])(
    'the secret arrives all the same with %s',
    async (closed) => {
      const box = new Sandbox();
      const line = `"$0" "$1" create ci --secret-only ${closed}`;
      const run = await box.command(['bash', '-c', line, process.execPath, program], {
        secretOnStdout: true,
      });
      expect(run.exit).toBe(0);
      expect(await refusedKeys(box, [run.stdout.trim()])).toEqual([]);
    },
  );

  test('with the reader gone, a fleet begins nothing else: exit 5', async () => {
    const box = new Sandbox();
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'])
      await box.program(['create', name, '--secret-only'], { secretOnStdout: true });
    const line = `{ "$0" "$1" rotate --all --concurrency 1 --format ndjson --to 'exec:sh slow.sh {name}'; echo "ended $?" >&2; } | true`;
    box.write('slow.sh', 'sleep 0.1; cat > /dev/null\n');
    const run = await box.command(['bash', '-c', line, process.execPath, program]);
    expect(run.stderr).toMatch(/ended [05]/);
    const left = JSON.parse(
      (await box.program(['list', '--status', 'all', '--json', 'name'])).stdout,
    ) as unknown[];
    expect(run.stderr).toContain(left.length < 16 ? 'ended 5' : 'ended 0');
  });
});
