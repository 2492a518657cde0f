import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Secret } from '../../src/base/secret.ts';
import { holds } from '../../src/keys/operations/deliver.ts';
import { clipboardSink } from '../../src/sinks/clipboard-sink.ts';
import type { SinkContext } from '../../src/sinks/context.ts';
import { failureIn } from '../support/failure.ts';
import { key } from '../support/key.ts';
import { sinkContext } from '../support/sink-context.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const secret = new Secret('sk_canary_EXAMPLE');
const delivery = { secret, key: key(), delivered: [], operation: 'op000001' };

/** A clipboard that is a file, and whose program stays in the background like those of X11. */
function world(options: Partial<SinkContext> = {}) {
  const folder = temporaryFolder();
  const held = join(folder, 'clipboard');
  const script = [
    '#!/bin/sh',
    `case "$*" in`,
    `  *-out) cat '${held}';;`,
    `  *) cat > '${held}'; sleep 2 & ;;`,
    'esac',
    '',
  ];
  writeFileSync(join(folder, 'xclip'), script.join('\n'), { mode: 0o755 });
  const notes: string[] = [];
  const context = sinkContext(folder, {
    env: { PATH: `${folder}:${process.env.PATH}`, DISPLAY: ':0' },
    platform: 'linux',
    note: async (text) => void notes.push(text),
    ...options,
  });
  return {
    context,
    notes,
    held: () => (existsSync(held) ? readFileSync(held, 'utf8') : undefined),
    file: held,
  };
}

test('the clipboard holds the secret, can be read back, and is cleared later', async () => {
  const { context, notes, held } = world();
  const sink = clipboardSink('clipboard', context, 700);
  await sink.check();
  expect(held()).toBeUndefined();
  await sink.deliver(delivery);
  expect(held()).toBe('sk_canary_EXAMPLE');
  expect(await holds(sink, secret)).toBe(true);
  expect(notes).toEqual(['the clipboard will be cleared in 0.7 s if it still holds the secret']);
  await expect.poll(held, { timeout: 10_000 }).toBe('');
});

test('a later copy is left alone', async () => {
  const { context, held, file } = world();
  await clipboardSink('clipboard', context, 300).deliver(delivery);
  writeFileSync(file, 'something else');
  await new Promise((resume) => setTimeout(resume, 1_500));
  expect(held()).toBe('something else');
});

describe('is refused before there is a key', () => {
  test('without a display', async () => {
    const { context } = world();
    const failure = await failureIn(clipboardSink('clipboard', { ...context, env: {} }).check());
    expect(failure).toMatchObject({ code: 'no_clipboard' });
    expect(failure.message).toMatchInlineSnapshot(
      `"no clipboard is available: neither WAYLAND_DISPLAY nor DISPLAY is set"`,
    );
  });

  test('without a clipboard program', async () => {
    const { context } = world();
    const env = { PATH: '/nonexistent', DISPLAY: ':0', WAYLAND_DISPLAY: 'wayland-0' };
    const failure = await failureIn(clipboardSink('clipboard', { ...context, env }).check());
    expect(failure.message).toBe('no clipboard program is on the PATH: wl-copy or xclip or xsel');
    expect(failure.hints).toEqual(['install wl-copy']);
  });
});

test('a failure of the program is reported', async () => {
  const { context, file } = world();
  writeFileSync(join(context.cwd, 'xclip'), '#!/bin/sh\nexit 3\n', { mode: 0o755 });
  const failure = await failureIn(clipboardSink('clipboard', context).deliver(delivery));
  expect(failure).toMatchObject({ code: 'program_failed' });
  expect(failure.message).toBe(`${join(context.cwd, 'xclip')} failed with exit code 3`);
  expect(existsSync(file)).toBe(false);
});
