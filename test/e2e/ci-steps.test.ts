import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { version } from '../../package.json';
import type { Step } from '../support/ci-steps.ts';
import { action, actionSteps, component, componentSteps } from '../support/ci-steps.ts';
import type { RunOptions } from '../support/sandbox.ts';
import { program, Sandbox } from '../support/sandbox.ts';

/* The shell steps of action.yml and templates/keys.yml, run as a runner does, with a stand-in for keys and with keys. */

type Inputs = Readonly<Record<string, string>>;

const hosts = [
  ['the GitHub action', actionSteps],
  ['the GitLab component', componentSteps],
] as const;

/** A job with a `keys` on its PATH. */
class Job {
  readonly box = new Sandbox();
  readonly #bin: string;

  constructor() {
    this.#bin = join(this.box.cwd, 'bin');
    mkdirSync(join(this.box.cwd, 'temp'));
    mkdirSync(this.#bin);
  }

  install(name: string, script: string): void {
    const file = join(this.#bin, name);
    writeFileSync(file, `#!/bin/sh\n${script}\n`);
    chmodSync(file, 0o755);
  }

  /** A stand-in that notes its arguments, one per line, prints a report and ends with this code. */
  standIn(exit: number, report = '## Keys: report'): void {
    this.install(
      'keys',
      `printf '%s\\n' "$@" > args\n${report === '' ? '' : `echo '${report}'`}\necho "error: text" >&2\nexit ${exit}`,
    );
  }

  async run({ script, env }: Step, more: Inputs = {}, options: RunOptions = {}) {
    writeFileSync(join(this.box.cwd, 'temp', 'step.sh'), script);
    const github = { GITHUB_OUTPUT: 'output', GITHUB_STEP_SUMMARY: 'summary.md', GITHUB_PATH: 'path' };
    const { PATH } = process.env;
    return this.box.command(['bash', '--noprofile', '--norc', '-eo', 'pipefail', 'temp/step.sh'], {
      ...options,
      env: { ...env, ...github, RUNNER_TEMP: 'temp', ...more, PATH: `${this.#bin}:${PATH}` },
    });
  }

  read(name: string): string {
    return existsSync(join(this.box.cwd, name)) ? this.box.read(name) : '';
  }

  get args(): string[] {
    return this.read('args').split('\n').slice(0, -1);
  }

  /** What later steps and people see. */
  get told(): string {
    return [
      this.read('output'),
      this.read('keys.env'),
      this.read('summary.md'),
      this.read('keys-report.md'),
    ].join('\n');
  }
}

describe.each(hosts)('%s', (_, stepsOf) => {
  const stepOf = (inputs: Inputs) => stepsOf({ package: '', ...inputs }).run;

  test.each<[Inputs, string[]]>([
    [{}, ['apply', '--format=markdown', '--yes', '--', 'keys.yaml']],
    [{ command: 'plan', file: 'own.yaml' }, ['plan', '--format=markdown', '--', 'own.yaml']],
    [
      { prune: 'true', redeliver: 'true', concurrency: '8' },
      ['apply', '--format=markdown', '--yes', '--concurrency=8', '--prune', '--redeliver', '--', 'keys.yaml'],
    ],
    [
      {
        command: 'rotate',
        keys: 'ci\nweb\n',
        to: 'exec:./a {name}\nfile:b\r\n',
        'older-than': '60d',
        due: '14d',
        grace: '0',
      },
      [
        'rotate',
        '--format=ndjson',
        '--older-than=60d',
        '--due=14d',
        '--grace=0',
        '--to=exec:./a {name}',
        '--to=file:b',
        '--',
        'ci',
        'web',
      ],
    ],
  ])('%j runs keys with its inputs', async (inputs, args) => {
    const job = new Job();
    job.standIn(0);
    const { exit, stdout } = await job.run(stepOf(inputs));
    expect(exit).toBe(0);
    expect(job.args).toEqual(args);
    expect(stdout).toContain('## Keys: report');
    expect(job.told).toMatch(/in[-_]sync=true/i);
    expect(job.told).toContain('## Keys: report');
  });

  test.each([
    ['plan', 8, 'false', 0],
    ['plan', 8, 'true', 8],
    ['plan', 4, 'false', 4],
    ['apply', 5, 'false', 5],
    ['apply', 8, 'false', 8],
    ['rotate', 7, 'false', 7],
  ])('%s that ends with %i, fail-on-drift %s: exit %i', async (command, exit, drift, expected) => {
    const job = new Job();
    job.standIn(exit);
    const step = stepOf({ command, 'fail-on-drift': drift, keys: 'ci', to: 'file:b' });
    expect((await job.run(step)).exit).toBe(expected);
    expect(job.told).toMatch(new RegExp(`exit[-_]code=${exit}\n.*in[-_]sync=false`, 'i'));
  });

  test('an error is shown, and fails the job', async () => {
    const job = new Job();
    job.standIn(2, '');
    const { exit, stderr } = await job.run(stepOf({}));
    expect(exit).toBe(2);
    expect(stderr).toContain('error: text');
  });

  test('a missing program fails the job', async () => {
    const job = new Job();
    expect((await job.run(stepOf({}))).exit).toBe(127);
    expect(job.told).toMatch(/exit[-_]code=127/i);
  });

  const evil = [
    '$(touch pwned)',
    '`touch pwned`',
    '"; touch pwned; "',
    "'; touch pwned; '",
    '--yes',
    '-n',
    '* ?',
    '::warning::x',
    'a\\\nb',
    '$HOME',
  ];

  test.each(evil)('the input %j is text and nothing else', async (text) => {
    const job = new Job();
    job.standIn(0);
    await job.run(stepOf({ file: text, concurrency: text }));
    expect(job.args).toEqual(
      `apply\n--format=markdown\n--yes\n--concurrency=${text}\n--\n${text}`.split('\n'),
    );
    const rotation = { keys: text, to: `file:${text}`, 'older-than': text, due: text, grace: text };
    await job.run(stepOf({ command: 'rotate', ...rotation }));
    const [first, ...rest] = text.split('\n');
    const last = job.args.slice(job.args.indexOf('--', 2) + 1);
    expect(last).toEqual([first, ...rest]);
    for (const name of ['command', 'prune', 'redeliver', 'fail-on-drift']) {
      const { exit, stdout, stderr } = await job.run(stepOf({ [name]: text }));
      expect(exit).toBe(2);
      expect(stdout + stderr).not.toContain(text);
    }
    expect(existsSync(join(job.box.cwd, 'pwned'))).toBe(false);
  });

  test.each<[Inputs, string]>([
    [{ keys: 'ci', to: 'stdout' }, 'to must not be stdout'],
    [{ keys: 'ci', to: 'file:a\n stdout ' }, 'to must not be stdout'],
    [{ keys: 'ci' }, 'to must say where the secret goes'],
    [{ to: 'file:a' }, 'keys must name a key to rotate'],
  ])('a rotation with %j is refused before anything happens', async (inputs, message) => {
    const job = new Job();
    job.standIn(0);
    const { exit, stdout, stderr } = await job.run(stepOf({ command: 'rotate', ...inputs }));
    expect(exit).toBe(2);
    expect(stdout + stderr).toContain(message);
    expect(job.args).toEqual([]);
  });

  test('keys itself: a plan, an apply, a rotation, and no secret in what is shown', async () => {
    const job = new Job();
    job.install('keys', `exec '${process.execPath}' '${program}' "$@"`);
    job.box.expectSecretIn('ci.key');
    job.box.write('keys.yaml', 'keys: { ci: { expires: 90d, to: ["file:ci.key"] } }');
    const github = { GITHUB_ACTIONS: 'true', CI: 'true' };
    const run = (inputs: Inputs) => job.run(stepOf(inputs), github);
    expect(await run({ command: 'plan' })).toMatchObject({ exit: 0 });
    expect(job.told).toContain('## Keys: 1 to create');
    expect(job.told).toMatch(/in[-_]sync=false/i);
    const applied = await job.run(stepOf({}), github, { secretOnStderr: true });
    expect(applied, applied.stderr).toMatchObject({ exit: 0 });
    expect(applied.stderr).toContain(`::add-mask::${job.read('ci.key').trim()}`);
    expect(job.told).toContain('## Keys: 1 created');
    expect(await run({ command: 'plan', 'fail-on-drift': 'true' })).toMatchObject({ exit: 0 });
    const rotated = await job.run(stepOf({ command: 'rotate', keys: 'ci', to: 'file:ci.key', grace: '0' }));
    expect(rotated, rotated.stderr).toMatchObject({ exit: 0 });
    expect(job.told).toContain('"oldRevoked":true');
    expect(await run({ command: 'plan', file: 'nosuch.yaml' })).toMatchObject({ exit: 2 });
  });

  describe('the installation', () => {
    /** An archive with a program of this name. */
    async function archive(job: Job): Promise<string> {
      const text = JSON.stringify({ name: 'keys-cli', version: '0.0.1', bin: { keys: 'keys.js' } });
      job.box.write('package/package.json', text);
      job.box.write('package/keys.js', '#!/usr/bin/env node\nconsole.log("## Keys: installed");\n');
      await job.box.command(['tar', 'czf', 'a b.tgz', 'package']);
      return 'a b.tgz';
    }
    const npm = { npm_config_offline: 'true' };

    test('an archive with the right checksum is installed', async () => {
      const job = new Job();
      const file = await archive(job);
      const sha256 = createHash('sha256')
        .update(readFileSync(join(job.box.cwd, file)))
        .digest('hex');
      const { install, run } = stepsOf({ package: file, sha256 });
      const first = await job.run(install, npm);
      expect(first, first.stderr).toMatchObject({ exit: 0 });
      const [bin = ''] = job.read('path').split('\n');
      const { stdout } = install === run ? first : await job.run(run, { BASH_ENV: '', PATH: '' });
      if (install === run) expect(stdout).toContain('## Keys: installed');
      else
        expect((await job.box.command([join(job.box.cwd, bin, 'keys')])).stdout).toContain(
          '## Keys: installed',
        );
    });

    test.each<[Inputs, string]>([
      [{ package: 'a b.tgz', sha256: '0'.repeat(64) }, 'the archive has another checksum'],
      [{ package: 'keys-cli@0.1.0', sha256: '0'.repeat(64) }, 'sha256 is the checksum of an archive'],
      [{ package: 'http://example.com/keys.tgz' }, 'package must not come over http'],
    ])('%j is refused', async (inputs, message) => {
      const job = new Job();
      await archive(job);
      job.install('npm', 'touch installed');
      const { exit, stdout, stderr } = await job.run(stepsOf(inputs).install);
      expect(exit).toBe(2);
      expect(stdout + stderr).toContain(message);
      expect(existsSync(join(job.box.cwd, 'installed'))).toBe(false);
    });

    test.each(['$(touch pwned)', '--global', '; touch pwned'])(
      'the package %j is text and nothing else',
      async (text) => {
        const job = new Job();
        job.install('npm', `printf '%s\\n' "$@" > args; [ -z "$KEYS_TOKEN" ]`);
        job.standIn(0);
        await job.run(stepsOf({ package: text }).install);
        expect(existsSync(join(job.box.cwd, 'pwned'))).toBe(false);
      },
    );
  });
});

describe('the declarations', () => {
  test('no input stands in the text of a script', () => {
    for (const { run = '' } of action.runs.steps) expect(run).not.toContain('${{');
    expect(component.job.script.join('\n')).not.toContain('$[[');
    for (const { expand } of Object.values(component.job.variables as Record<string, { expand: boolean }>))
      expect(expand).toBe(false);
  });

  test('the inputs of the component are texts, as its variables have to be', () => {
    for (const input of Object.values(component.inputs as Record<string, object>)) {
      expect(input).not.toHaveProperty('type');
      expect(input).toHaveProperty('default', expect.any(String));
    }
  });

  test('the installed version is this one, and both have the same inputs', () => {
    expect(action.inputs.package.default).toBe(`keys-cli@${version}`);
    expect(component.inputs.package.default).toBe(`keys-cli@${version}`);
    const own = (names: object, ...others: string[]) =>
      Object.keys(names).filter((name) => !others.includes(name));
    expect(own(component.inputs, 'job-name', 'stage', 'image')).toEqual(
      own(action.inputs, 'token', 'node-version'),
    );
  });

  test('the session token of the action is in the environment of one step alone', () => {
    const { install, run } = actionSteps({ token: 'tok' });
    expect(install.env).not.toHaveProperty('KEYS_TOKEN');
    expect(run.env.KEYS_TOKEN).toBe('tok');
    expect(actionSteps({}, { KEYS_TOKEN: 'job' }).run.env.KEYS_TOKEN).toBe('job');
  });
});
