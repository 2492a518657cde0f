import { existsSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Secret } from '../../src/base/secret.ts';
import type { Escrow } from '../../src/journal/escrow.ts';
import { fileEscrow, keychainEscrow } from '../../src/journal/escrow.ts';
import { makePrivateFolder } from '../../src/platform/paths.ts';
import { failureIn } from '../support/failure.ts';
import { memoryKeychain } from '../support/fake-keychain.ts';
import { cannotMount } from '../support/real-parts.ts';
import { mountSmallDisk } from '../support/small-disk.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const held = { id: 'new00001', name: 'ci "quoted"\n', secret: new Secret('sk_canary_EXAMPLE') };

function inFiles() {
  const folder = join(temporaryFolder(), 'escrow');
  return { folder, file: join(folder, 'op1'), escrow: fileEscrow(folder, makePrivateFolder) };
}

function inKeychain() {
  const items = new Map<string, string>();
  return { items, escrow: keychainEscrow(memoryKeychain(items)) };
}

describe.each([
  ['in a file', () => inFiles().escrow],
  ['in a keychain', () => inKeychain().escrow],
])('a secret %s', (_, open) => {
  test('comes back unchanged', async () => {
    const escrow = open();
    await escrow.reserve('op1');
    expect(await escrow.get('op1')).toBeUndefined();
    await escrow.put('op1', held);
    const back = await escrow.get('op1');
    expect(back).toMatchObject({ id: held.id, name: held.name });
    expect(back?.secret.reveal()).toBe('sk_canary_EXAMPLE');
    expect(await escrow.get('op2')).toBeUndefined();
  });

  test('is gone once it is erased, and can be erased twice', async () => {
    const escrow = open();
    await escrow.reserve('op1');
    await escrow.put('op1', held);
    await escrow.erase('op1');
    expect(await escrow.get('op1')).toBeUndefined();
    await escrow.erase('op1');
  });
});

describe('a file', () => {
  test('is private, in a private folder, and has its full size before it has the secret', async () => {
    const { folder, file, escrow } = inFiles();
    await escrow.reserve('op1');
    const before = statSync(file);
    await escrow.put('op1', held);
    const after = statSync(file);
    expect((after.mode & 0o777).toString(8)).toBe('600');
    expect((statSync(folder).mode & 0o777).toString(8)).toBe('700');
    // In place: works on a full disk too.
    expect([after.size, after.ino]).toEqual([before.size, before.ino]);
    await escrow.erase('op1');
    expect(readdirSync(folder)).toEqual([]);
  });

  test.skipIf(cannotMount())('that does not fit on the disk is not left behind', async () => {
    const disk = join(temporaryFolder(), 'disk');
    const folder = join(disk, 'escrow');
    const { fill } = mountSmallDisk(disk);
    makePrivateFolder(folder);
    fill();
    const reserving = fileEscrow(folder, makePrivateFolder).reserve('op1');
    await expect(reserving).rejects.toMatchObject({ code: 'ENOSPC' });
    expect(readdirSync(folder)).toEqual([]);
  });

  test('is overwritten before it is removed', async () => {
    const { file, escrow } = inFiles();
    await escrow.reserve('op1');
    await escrow.put('op1', held);
    const { openSync, readSync, closeSync } = await import('node:fs');
    const open = openSync(file, 'r');
    await escrow.erase('op1');
    const left = Buffer.alloc(32_768);
    readSync(open, left, 0, left.length, 0);
    closeSync(open);
    expect(existsSync(file)).toBe(false);
    expect(left.toString()).not.toContain('canary');
  });

  test('can hold a secret that is longer than the reserved space', async () => {
    const { escrow } = inFiles();
    const long = new Secret('x'.repeat(40_000));
    await escrow.reserve('op1');
    await escrow.put('op1', { ...held, secret: long });
    expect((await escrow.get('op1'))?.secret.reveal()).toBe(long.reveal());
  });

  test('half written is damaged', async () => {
    const { file, escrow } = inFiles();
    await escrow.reserve('op1');
    await escrow.put('op1', held);
    writeFileSync(file, readFileSync(file, 'utf8').slice(0, 20));
    expect((await failureIn(escrow.get('op1'))).code).toBe('escrow_damaged');
  });

  test('is never reached through a symbolic link', async () => {
    const { folder, file, escrow } = inFiles();
    makePrivateFolder(folder);
    writeFileSync(join(folder, 'elsewhere'), 'kept');
    symlinkSync(join(folder, 'elsewhere'), file);
    await expect(escrow.reserve('op1')).rejects.toThrow(/EEXIST/);
    await expect(escrow.put('op1', held)).rejects.toThrow(/ELOOP/);
    expect(readFileSync(join(folder, 'elsewhere'), 'utf8')).toBe('kept');
  });
});

describe('a changed escrow', () => {
  async function kept(): Promise<{ escrow: Escrow; items: Map<string, string>; text: string }> {
    const { items, escrow } = inKeychain();
    await escrow.put('op1', held);
    return { items, escrow, text: items.get('op1') ?? '' };
  }

  test('is refused, whichever character was changed', async () => {
    const { escrow, items, text } = await kept();
    for (let at = 0; at < text.length; at++) {
      const other = String.fromCharCode(text.charCodeAt(at) ^ 1);
      items.set('op1', text.slice(0, at) + other + text.slice(at + 1));
      expect(await failureIn(escrow.get('op1')), `character ${at}`).toMatchObject({
        exit: 'unfinished',
        code: 'escrow_damaged',
        operation: 'op1',
        message: expect.not.stringContaining('canary'),
      });
    }
  });

  test('is refused if characters are missing, doubled or added', async () => {
    const { escrow, items, text } = await kept();
    for (let at = 1; at < text.length; at++) {
      for (const other of [text.slice(0, at), text.slice(at), text.slice(0, at) + text.slice(at - 1)]) {
        items.set('op1', other);
        expect((await failureIn(escrow.get('op1'))).code).toBe('escrow_damaged');
      }
    }
  });

  test('is refused under another operation', async () => {
    const { escrow, items, text } = await kept();
    items.set('op2', text);
    expect((await failureIn(escrow.get('op2'))).code).toBe('escrow_damaged');
  });

  test.each(['null', '7', '"x"', '[]', '{}', 'reserve', '{"id":"a","name":"b"}'])(
    '%s is refused',
    async (text) => {
      const { escrow, items } = await kept();
      items.set('op1', text);
      expect((await failureIn(escrow.get('op1'))).code).toBe('escrow_damaged');
    },
  );

  test('an entry of an earlier version, without a checksum, is accepted', async () => {
    const { escrow, items } = await kept();
    items.set('op1', '{"id":"new00001","name":"ci","secret":"sk_old_EXAMPLE"}');
    expect((await escrow.get('op1'))?.secret.reveal()).toBe('sk_old_EXAMPLE');
  });
});

test('a keychain that loses values is noticed before there is a secret', async () => {
  const escrow = keychainEscrow({ ...memoryKeychain(), writeAndReadBack: async () => false });
  expect(await failureIn(escrow.reserve('op1'))).toMatchObject({ code: 'escrow_failed' });
});
