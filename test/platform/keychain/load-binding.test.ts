import { expect, test } from 'vitest';
import type { Machine } from '../../../src/platform/keychain/load-binding.ts';
import { nativePartFor } from '../../../src/platform/keychain/load-binding.ts';

const glibc: Machine = {
  platform: 'linux',
  arch: 'x64',
  env: { PATH: '/usr/bin' },
  readLdd: () => '# This file is part of the GNU C Library.',
};

test.for<Partial<Machine>>([{ arch: 'x64' }, { arch: 'arm64' }])('%j has a native part', (machine) => {
  expect(nativePartFor({ ...glibc, ...machine })).toBeDefined();
});

test.for<[string, Partial<Machine>]>([
  ['musl', { readLdd: () => '# musl libc' }],
  [
    'neither libc for certain',
    {
      readLdd: () => {
        throw new Error('ENOENT');
      },
    },
  ],
  ['another system', { platform: 'darwin', arch: 'arm64' }],
  ['another processor', { arch: 'riscv64' }],
  ['a library that is named', { env: { NAPI_RS_NATIVE_LIBRARY_PATH: '/opt/keyring.node' } }],
  ['WebAssembly on request', { env: { NAPI_RS_FORCE_WASI: '1' } }],
  ['a check of versions on request', { env: { NAPI_RS_ENFORCE_VERSION_CHECK: '1' } }],
])('with %s, the package decides', ([, machine]) => {
  expect(nativePartFor({ ...glibc, ...machine })).toBeUndefined();
});
