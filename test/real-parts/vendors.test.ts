import { describe, expect, test } from 'vitest';
import { lacks } from '../support/real-parts.ts';
import { Sandbox } from '../support/sandbox.ts';
import { Vendors } from '../support/vendors.ts';

/* The vendors' own programs, at servers of theirs that stand on loopback. */

const slow = 60_000;

/** The length of the keys that the embedded authority makes. */
const keyLength = 'sk_0123456789abcdef_'.length + 43 + '_012345'.length;

async function create(vendors: Vendors, to: string, name = 'ci') {
  const box = new Sandbox();
  const run = await box.program(['create', name, '--to', to, '--json', 'id,delivered'], { env: vendors.env });
  const keys = JSON.parse((await box.program(['list', '--json', 'id'])).stdout);
  return { ...run, keys };
}

describe.skipIf(lacks('gh', 'openssl'))('gh', () => {
  test('encrypts the whole value and nothing else', { timeout: slow }, async () => {
    const vendors = await Vendors.start();
    const { exit, stderr } = await create(vendors, 'github:acme/app#API_KEY');
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: 'delivered to github:acme/app#API_KEY\n' });
    // A sealed box is 48 bytes longer than what is in it.
    const sealed = Buffer.from(vendors.held.get('API_KEY') ?? '', 'base64');
    expect(sealed.length).toBe(48 + keyLength);
  });

  test.each<[string, string, (vendors: Vendors) => void]>([
    ['without access to the repository', 'github:acme/other#API_KEY', () => {}],
    [
      'with a token that is not valid',
      'github:acme/app#API_KEY',
      (vendors) => {
        vendors.refuses = true;
      },
    ],
    [
      'without a login',
      'github:acme/app#API_KEY',
      (vendors) => {
        vendors.env = { ...vendors.env, GH_TOKEN: undefined };
      },
    ],
  ])('%s no key is made', { timeout: slow }, async (_, to, change) => {
    const vendors = await Vendors.start();
    change(vendors);
    const { exit, stderr, keys } = await create(vendors, to);
    expect({ exit, keys }).toEqual({ exit: 1, keys: [] });
    expect(stderr).toContain(`"gh cannot deliver to ${to}: `);
    expect(stderr).toContain('gh auth login');
  });
});

describe.skipIf(lacks('aws', 'openssl'))('aws', () => {
  test('makes a secret, changes it, and is read back', { timeout: slow }, async () => {
    const vendors = await Vendors.start();
    for (const written of ['CreateSecret', 'PutSecretValue']) {
      const { exit, stderr } = await create(vendors, 'aws-secretsmanager:/prod/api-key');
      expect({ exit, stderr }).toEqual({
        exit: 0,
        stderr: 'delivered to aws-secretsmanager:/prod/api-key and read back\n',
      });
      expect(vendors.calls).toContain(written);
      expect(vendors.held.get('/prod/api-key')).toHaveLength(keyLength);
    }
  });

  test.each<[string, (vendors: Vendors) => void]>([
    [
      'that are not valid',
      (vendors) => {
        vendors.refuses = true;
      },
    ],
    [
      'that are missing',
      (vendors) => {
        const none = { AWS_ACCESS_KEY_ID: undefined, AWS_EC2_METADATA_DISABLED: 'true' };
        vendors.env = { ...vendors.env, ...none };
      },
    ],
  ])('with credentials %s no key is made', { timeout: slow }, async (_, change) => {
    const vendors = await Vendors.start();
    change(vendors);
    const { exit, stderr, keys } = await create(vendors, 'aws-secretsmanager:a');
    expect({ exit, keys }).toEqual({ exit: 1, keys: [] });
    expect(stderr).toContain('aws cannot deliver to aws-secretsmanager:a: ');
  });
});

describe.skipIf(lacks('kubectl', 'openssl'))('kubectl', () => {
  test('applies one key of a Secret, and is read back', { timeout: slow }, async () => {
    const vendors = await Vendors.start();
    const { exit, stderr } = await create(vendors, 'kubernetes:prod/app#API_KEY');
    expect({ exit, stderr }).toEqual({
      exit: 0,
      stderr: 'delivered to kubernetes:prod/app#API_KEY and read back\n',
    });
    const { data } = JSON.parse(vendors.held.get('app') ?? '');
    expect(Buffer.from(data.API_KEY, 'base64')).toHaveLength(keyLength);
  });

  test('that is not logged in makes no key', { timeout: slow }, async () => {
    const vendors = await Vendors.start();
    vendors.refuses = true;
    const { exit, stderr, keys } = await create(vendors, 'kubernetes:prod/app#API_KEY');
    expect({ exit, keys }).toEqual({ exit: 1, keys: [] });
    expect(stderr).toContain('kubectl cannot deliver to kubernetes:prod/app#API_KEY: ');
  });
});
