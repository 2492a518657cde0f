import { join } from 'node:path';
import { expect, test } from 'vitest';
import { packageProblems } from '../../scripts/package-contents.mjs';
import { refusedKeys } from '../support/embedded-authority.ts';
import { installPackage, nodePath, packageFile } from '../support/install-package.ts';
import { Sandbox } from '../support/sandbox.ts';
import { startServe } from '../support/serving.ts';
import { secrets, Transcript } from '../support/transcript.ts';

const slow = 300_000;

test('the package contains the program, its licences and its documents, and nothing else', async () => {
  const box = new Sandbox();
  const listing = await box.command(['tar', '-tzf', await packageFile(box)]);
  const files = listing.stdout.split('\n').filter((file) => file !== '');
  expect(packageProblems(files.map((file) => file.replace(/^package\//, '')))).toEqual([]);
  expect(packageProblems(['package.json', 'src/main.ts'])).toMatchInlineSnapshot(`
    [
      "the package lacks LICENSE",
      "the package lacks README.md",
      "the package lacks CHANGELOG.md",
      "the package lacks SECURITY.md",
      "the package lacks dist/keys.cjs",
      "the package lacks dist/common.pack",
      "the package lacks dist/man/keys.1",
      "the package lacks dist/THIRD-PARTY-LICENSES.txt",
      "the package holds src/main.ts, which scripts/package-contents.mjs does not list",
    ]
  `);
});

test(
  'the package installs from its file, delivers a key and serves it',
  async () => {
    const box = new Sandbox();
    const prefix = join(box.env.HOME ?? '', 'prefix');
    await installPackage(box, prefix);

    box.expectSecretIn('.env');
    const create = ['create', 'ci', '--to', 'env:.env#API_KEY', '--json', 'name,status'];
    const keys = join(prefix, 'bin', 'keys');
    const run = await box.command([keys, ...create], { env: { PATH: nodePath } });

    expect(new Transcript(box, [secrets]).of(create, run)).toMatchInlineSnapshot(`
      "$ keys create ci --to env:.env#API_KEY --json name,status
      exit 0
      --- stdout
      {
        "name": "ci",
        "status": "active"
      }
      --- stderr
      delivered to env:.env#API_KEY and read back
      --- files
      .env (600): API_KEY=[secret 1]
      "
    `);
    const key = box.read('.env').slice('API_KEY='.length, -1);
    expect(await refusedKeys(box, [key])).toEqual([]);

    const { url, stop } = await startServe(box, [], { env: { PATH: nodePath }, command: [keys] });
    const health = await fetch(`${url}/healthz`);
    expect([health.status, await health.json()]).toEqual([200, { status: 'ok' }]);
    const answer = await fetch(`${url}/v1/authorize`, { headers: { authorization: `Bearer ${key}` } });
    expect(answer.status).toBe(200);
    expect(await stop('SIGTERM')).toBe(0);
  },
  slow,
);
