import { readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { packageProblems } from '../../scripts/package-contents.mjs';
import type { Environment } from '../../src/platform/env.ts';
import { refusedKeys } from '../support/embedded-authority.ts';
import type { Run } from '../support/sandbox.ts';
import { projectRoot, Sandbox } from '../support/sandbox.ts';
import { startServe } from '../support/serving.ts';
import { secrets, Transcript } from '../support/transcript.ts';

/** This Node.js comes first. */
const path = [dirname(process.execPath), process.env.PATH].join(delimiter);
const slow = 300_000;

test('the package contains the program, its licences and its documents, and nothing else', async () => {
  const box = new Sandbox();
  const listing = await box.command(['tar', '-tzf', await pack(box)]);
  const files = listing.stdout.split('\n').filter((file) => file !== '');
  expect(packageProblems(files.map((file) => file.replace(/^package\//, '')))).toEqual([]);
  expect(packageProblems(['package.json', 'src/main.ts'])).toMatchInlineSnapshot(`
    [
      "the package lacks LICENSE",
      "the package lacks README.md",
      "the package lacks CHANGELOG.md",
      "the package lacks SECURITY.md",
      "the package lacks dist/keys.cjs",
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
    await npm(box, ['install', '--global', '--prefix', prefix, '--no-audit', '--no-fund', await pack(box)]);

    box.expectSecretIn('.env');
    const create = ['create', 'ci', '--to', 'env:.env#API_KEY', '--json', 'name,status'];
    const keys = join(prefix, 'bin', 'keys');
    const run = await box.command([keys, ...create], { env: { PATH: path } });

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

    const { url, stop } = await startServe(box, [], { env: { PATH: path }, command: [keys] });
    const health = await fetch(`${url}/healthz`);
    expect([health.status, await health.json()]).toEqual([200, { status: 'ok' }]);
    const answer = await fetch(`${url}/v1/authorize`, { headers: { authorization: `Bearer ${key}` } });
    expect(answer.status).toBe(200);
    expect(await stop('SIGTERM')).toBe(0);
  },
  slow,
);

/** The path of the package file. The program is not built again: other tests are running it. */
async function pack(box: Sandbox): Promise<string> {
  const folder = box.env.HOME ?? '';
  await npm(box, ['pack', projectRoot, '--ignore-scripts', '--pack-destination', folder]);
  const name = readdirSync(folder).find((file) => file.endsWith('.tgz')) ?? expect.fail('no package file');
  return join(folder, name);
}

async function npm(box: Sandbox, args: readonly string[]): Promise<Run> {
  const run = await box.command(['npm', ...args], { env: environment(box) });
  expect(run, `npm ${args.join(' ')}`).toMatchObject({ exit: 0 });
  return run;
}

/** The machine's settings for npm (registry, proxy, certificates) and this Node.js, with a home of the test's own. */
function environment(box: Sandbox): Environment {
  const userconfig = process.env.npm_config_userconfig ?? join(homedir(), '.npmrc');
  return { ...process.env, ...box.env, npm_config_userconfig: userconfig, PATH: path };
}
