import { describe, expect, test } from 'vitest';
import { Secret } from '../../src/base/secret.ts';
import type { SinkContext } from '../../src/sinks/context.ts';
import { execSink } from '../../src/sinks/exec-sink.ts';
import { failureIn } from '../support/failure.ts';
import { key } from '../support/key.ts';
import { sinkContext } from '../support/sink-context.ts';
import type { Behaviour } from '../support/stand-in.ts';
import { StandIns } from '../support/stand-in.ts';

const secret = new Secret('sk_canary/+ _EXAMPLE');
const value = secret.reveal();
const delivery = { secret, key: key({ id: 'id000001', name: 'ci' }), delivered: [], operation: 'op000001' };

function world(behaviour: Behaviour = {}, options: Partial<SinkContext> = {}) {
  const programs = new StandIns().add('deliver', behaviour);
  const env = { PATH: programs.folder, HOME: '/home/ada', ...options.env };
  return { programs, context: sinkContext(programs.folder, { ...options, env }) };
}

function sinkOf(context: SinkContext, ...command: string[]) {
  return execSink(`exec:${command.join(' ')}`, command, context);
}

test('the program gets the secret on stdin only', async () => {
  const { programs, context } = world();
  const sink = sinkOf(context, 'deliver', '--to', 'vault');
  await sink.check();
  await sink.deliver(delivery);
  const [call, ...others] = programs.calls;
  expect(others).toEqual([]);
  expect(call).toMatchObject({ args: ['--to', 'vault'], stdin: value });
  expect(call?.cmdline).not.toContain('canary');
  expect(JSON.stringify(call?.env)).not.toContain('canary');
});

test('its environment has no session token and no password', async () => {
  const env = { KEYS_TOKEN: 'tok-EXAMPLE', KEYS_PASSWORD: 'x', KEYS_OTP: '123456', OTHER: 'kept' };
  const { programs, context } = world({}, { env: { ...env, PATH: process.env.PATH } });
  await sinkOf({ ...context, env: { ...env, PATH: programs.folder } }, 'deliver').deliver(delivery);
  const seen = programs.calls[0]?.env ?? {};
  expect(Object.keys(seen).filter((name) => name.startsWith('KEYS_'))).toEqual([]);
  expect(seen.OTHER).toBe('kept');
});

test('a relative path starts from the working folder', async () => {
  const { programs, context } = world();
  await sinkOf({ ...context, env: {} }, './deliver').check();
  await sinkOf({ ...context, env: {} }, './deliver').deliver(delivery);
  expect(programs.calls).toHaveLength(1);
});

describe('{name} and {id}', () => {
  const hostile = 'two words; rm -rf "$HOME"';

  test('are filled in, each inside its argument', async () => {
    const { programs, context } = world();
    const named = { ...delivery, key: key({ id: 'id000001', name: 'ci-2' }) };
    await sinkOf(context, 'deliver', '{name}', 'keys/{id}/{name}', '--name={name}').deliver(named);
    expect(programs.calls[0]?.args).toEqual(['ci-2', 'keys/id000001/ci-2', '--name=ci-2']);
  });

  test('a placeholder that is a whole argument may have any value', async () => {
    const { programs, context } = world();
    const named = { ...delivery, key: key({ id: 'id000001', name: hostile }) };
    const sink = sinkOf(context, 'deliver', '--to', 'vault', '{name}');
    await sink.check(named.key);
    await sink.deliver(named);
    expect(programs.calls[0]?.args).toEqual(['--to', 'vault', hostile]);
  });

  test('an argument of a shell script is not part of the script', async () => {
    const { context } = world({}, { env: { PATH: process.env.PATH } });
    const sink = sinkOf(
      { ...context, env: { PATH: process.env.PATH } },
      'sh',
      '-c',
      'cat >/dev/null; test "$1" = "a;b"',
      'sh',
      '{name}',
    );
    await sink.check({ name: 'a;b' });
    await sink.deliver({ ...delivery, key: key({ name: 'a;b' }) });
  });

  test('an id from a server is checked in the same way, once it is known', async () => {
    const { programs, context } = world();
    const sink = sinkOf(context, 'deliver', 'keys/{id}');
    await sink.check({ name: 'ci' });
    const failure = await failureIn(sink.deliver({ ...delivery, key: key({ id: '../x;y' }) }));
    expect(failure.code).toBe('placeholder_unsafe');
    expect(programs.calls).toEqual([]);
  });

  test('a name never turns into a flag', async () => {
    const { programs, context } = world();
    const named = { ...delivery, key: key({ id: 'id000001', name: '--force' }) };
    const sink = sinkOf(context, 'deliver', '{name}');
    for (const refused of [sink.check(named.key), sink.deliver(named)]) {
      expect(await failureIn(refused)).toMatchObject({
        exit: 'usage',
        code: 'argument_is_flag',
        hints: ['put something before it, as in --name={name}'],
      });
    }
    await sinkOf(context, 'deliver', '--name={name}').deliver(named);
    expect(programs.calls.map(({ args }) => args)).toEqual([['--name=--force']]);
  });
});

describe('is refused before there is a key', () => {
  test.each([
    ['a program that is not on the PATH', 'nowhere', 'is not on the PATH'],
    ['a path where nothing is', './nowhere', 'does not exist or is not executable'],
    ['a file that cannot be run', './calls.txt', 'does not exist or is not executable'],
  ])('%s', async (_, program, message) => {
    const { context } = world();
    const failure = await failureIn(sinkOf(context, program).check());
    expect(failure).toMatchObject({ exit: 'failed', code: 'program_missing' });
    expect(failure.message).toContain(message);
  });
});

describe('a failure', () => {
  test('is reported with the exit code and the output, without the secret in any form', async () => {
    const base64 = Buffer.from(value).toString('base64');
    const said = `cannot store $STDIN\nnor ${base64}\nnor ${encodeURIComponent(value)}`;
    const { context } = world({ stderr: said, code: 3 });
    const failure = await failureIn(sinkOf(context, 'deliver').deliver(delivery));
    expect(failure).toMatchObject({ exit: 'failed', code: 'program_failed' });
    expect(failure.message).toBe('deliver failed with exit code 3: cannot store ****; nor ****; nor ****');
  });

  test('is reported with stdout if stderr is empty', async () => {
    const { context } = world({ stdout: 'quota of $STDIN', code: 1 });
    const failure = await failureIn(sinkOf(context, 'deliver').deliver(delivery));
    expect(failure.message).toBe('deliver failed with exit code 1: quota of ****');
  });

  test.each([
    ['that never ends', { lasts: 60_000 }, 'has not ended after 0.3 s'],
    ['that prints without end', { stdout: 'x'.repeat(100_000) }, 'prints without end'],
  ])('of a program %s', async (_, behaviour, message) => {
    const { context } = world(behaviour, { timeout: message.includes('0.3') ? 300 : 10_000 });
    const failure = await failureIn(sinkOf(context, 'deliver').deliver(delivery));
    expect(failure).toMatchObject({ code: 'delivery_unclear', message: `deliver ${message}` });
  });

  test('of a program that a signal ended', async () => {
    const { context } = world();
    const failure = await failureIn(
      sinkOf({ ...context, env: { PATH: process.env.PATH } }, 'sh', '-c', 'kill -9 $$').deliver(delivery),
    );
    expect(failure.message).toBe('sh was ended by SIGKILL');
  });
});

test('a program that succeeds without reading its input counts as successful', async () => {
  const { context } = world({ deaf: true });
  await sinkOf(context, 'deliver').deliver({ ...delivery, secret: new Secret('x'.repeat(60_000)) });
});

test('a value that is longer than a pipe is refused before the program starts', async () => {
  const { programs, context } = world();
  const long = { ...delivery, secret: new Secret('x'.repeat(2_000_000)) };
  const failure = await failureIn(sinkOf(context, 'deliver').deliver(long));
  expect(failure).toMatchObject({ code: 'program_failed', hints: [] });
  expect(failure.message).toBe('deliver cannot take 2000000 bytes on stdin: a pipe holds less');
  expect(programs.calls).toEqual([]);
});
