import { describe, expect, test } from 'vitest';
import { lacks } from '../support/real-parts.ts';
import { Sandbox } from '../support/sandbox.ts';
import { Transcript } from '../support/transcript.ts';
import { Vendors } from '../support/vendors.ts';

/* The vendors' own programs, against servers on loopback. */

const slow = 60_000;

/** The length of the embedded authority's keys. */
const keyLength = 'sk_0123456789abcdef_'.length + 43 + '_012345'.length;

/** What the vendor's program says differs from version to version. */
const words = { word: "the program's words", pattern: /(?<=cannot deliver to [^ ]+: ).*(?=","hint")/g };

async function create(vendors: Vendors, to: string) {
  const box = new Sandbox();
  const args = ['create', 'ci', '--to', to, '--json', 'id,delivered'];
  const run = await box.program(args, { env: vendors.env });
  const keys = JSON.parse((await box.keys(['list', '--json', 'id'])).stdout);
  return { ...run, keys, text: new Transcript(box, [words]).of(args, run) };
}

describe.skipIf(lacks('gh', 'openssl'))('gh', () => {
  test('encrypts the whole secret and nothing else', { timeout: slow }, async () => {
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
  ])('%s no key is created', { timeout: slow }, async (_, to, change) => {
    const vendors = await Vendors.start();
    change(vendors);
    const { keys, text } = await create(vendors, to);
    expect(keys).toEqual([]);
    expect(text.replaceAll(to, 'SINK')).toMatchInlineSnapshot(`
      "$ keys create ci --to SINK --json id,delivered
      exit 1
      --- stderr
      {"error":{"code":"program_not_ready","message":"gh cannot deliver to SINK: [the program's words]","hint":"gh auth login"}}
      "
    `);
  });
});

describe.skipIf(lacks('aws', 'openssl'))('aws', () => {
  test('creates a secret, changes it, and is read back', { timeout: slow }, async () => {
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
  ])('with credentials %s no key is created', { timeout: slow }, async (_, change) => {
    const vendors = await Vendors.start();
    change(vendors);
    const { keys, text } = await create(vendors, 'aws-secretsmanager:a');
    expect(keys).toEqual([]);
    expect(text).toMatchInlineSnapshot(`
      "$ keys create ci --to aws-secretsmanager:a --json id,delivered
      exit 1
      --- stderr
      {"error":{"code":"program_not_ready","message":"aws cannot deliver to aws-secretsmanager:a: [the program's words]","hint":"aws configure"}}
      "
    `);
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

  test('without a login creates no key', { timeout: slow }, async () => {
    const vendors = await Vendors.start();
    vendors.refuses = true;
    const { keys, text } = await create(vendors, 'kubernetes:prod/app#API_KEY');
    expect(keys).toEqual([]);
    expect(text).toMatchInlineSnapshot(`
      "$ keys create ci --to kubernetes:prod/app#API_KEY --json id,delivered
      exit 1
      --- stderr
      {"error":{"code":"program_not_ready","message":"kubectl cannot deliver to kubernetes:prod/app#API_KEY: [the program's words]","hint":"kubectl config current-context"}}
      "
    `);
  });
});
