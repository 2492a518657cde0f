import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Secret } from '../../src/base/secret.ts';
import { holds } from '../../src/keys/operations/deliver.ts';
import { envSink } from '../../src/sinks/env-sink.ts';
import { fileSink } from '../../src/sinks/file-sink.ts';
import { maskInCiLog } from '../../src/sinks/mask.ts';
import { failureIn } from '../support/failure.ts';
import { fakeIo } from '../support/fake-io.ts';
import { key } from '../support/key.ts';
import { sinkContext } from '../support/sink-context.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const secret = new Secret('sk_EXAMPLE');
const delivery = { secret, key: key(), delivered: [], operation: 'op000001' };

describe('file:PATH', () => {
  test('holds the value and nothing else, and can be read back', async () => {
    const folder = temporaryFolder();
    const sink = fileSink('file:token', 'token', sinkContext(folder));
    expect(await holds(sink, secret)).toBe(false);
    await sink.deliver(delivery);
    expect(readFileSync(join(folder, 'token'), 'utf8')).toBe('sk_EXAMPLE');
    expect(await holds(sink, secret)).toBe(true);
    writeFileSync(join(folder, 'token'), 'sk_EXAMPLE\n');
    expect(await holds(sink, secret)).toBe(false);
  });
});

describe('env:PATH#NAME', () => {
  test('sets the variable, and can be read back', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, '.env'), 'A=1\nKEY=old # why\n');
    const sink = envSink('env:.env#KEY', '.env', 'KEY', sinkContext(folder));
    await sink.check();
    expect(await holds(sink, secret)).toBe(false);
    await sink.deliver(delivery);
    expect(readFileSync(join(folder, '.env'), 'utf8')).toBe('A=1\nKEY=sk_EXAMPLE # why\n');
    expect(await holds(sink, secret)).toBe(true);
  });

  test('makes a file that is missing', async () => {
    const folder = temporaryFolder();
    const sink = envSink('env:.env#KEY', '.env', 'KEY', sinkContext(folder));
    await sink.check();
    expect(await holds(sink, secret)).toBe(false);
    await sink.deliver(delivery);
    expect(readFileSync(join(folder, '.env'), 'utf8')).toBe('KEY=sk_EXAMPLE\n');
  });

  test('refuses a file that sets the variable twice when it is checked, and leaves it alone', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, '.env'), 'KEY=1\nKEY=2\n');
    const failure = await failureIn(envSink('env:.env#KEY', '.env', 'KEY', sinkContext(folder)).check());
    expect(failure.code).toBe('variable_set_twice');
    expect(readFileSync(join(folder, '.env'), 'utf8')).toBe('KEY=1\nKEY=2\n');
  });

  test('concurrent deliveries to one file lose nothing', async () => {
    const folder = temporaryFolder();
    const names = Array.from({ length: 8 }, (_, index) => `KEY_${index}`);
    await Promise.all(
      names.map((name) => envSink(`env:.env#${name}`, '.env', name, sinkContext(folder)).deliver(delivery)),
    );
    const lines = readFileSync(join(folder, '.env'), 'utf8').trimEnd().split('\n');
    expect(lines.sort()).toEqual(names.map((name) => `${name}=sk_EXAMPLE`));
  });
});

describe('the log of a CI system', () => {
  test.each([
    ['true', 'sk_100%_EXAMPLE\r\n', '::add-mask::sk_100%25_EXAMPLE%0D%0A\n::add-mask::sk_100%25_EXAMPLE\n'],
    ['true', 'a\n\nb', '::add-mask::a%0A%0Ab\n::add-mask::a\n::add-mask::b\n'],
    ['false', 'sk_EXAMPLE', ''],
    [undefined, 'sk_EXAMPLE', ''],
  ])('with GITHUB_ACTIONS=%s, masks %j on stderr by %j', async (setting, value, line) => {
    const { io, stdout, stderr } = fakeIo({ cwd: '/', env: { GITHUB_ACTIONS: setting } });
    await maskInCiLog(io, new Secret(value));
    expect([stdout(), stderr()]).toEqual(['', line]);
  });
});
