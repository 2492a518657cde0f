import { describe, expect, test } from 'vitest';
import { InvalidValue } from '../../src/base/errors.ts';
import { Secret } from '../../src/base/secret.ts';
import { holds } from '../../src/keys/operations/deliver.ts';
import type { Sink } from '../../src/keys/ports.ts';
import type { PlaceSpec } from '../../src/sinks/open-sinks.ts';
import { openSinks } from '../../src/sinks/open-sinks.ts';
import { presets, strayLoginOf } from '../../src/sinks/presets.ts';
import { parseSink } from '../../src/sinks/sink-spec.ts';
import { firstOnPath } from '../../src/sinks/vendor-program.ts';
import { failureIn } from '../support/failure.ts';
import { key } from '../support/key.ts';
import { sinkContext } from '../support/sink-context.ts';
import type { Behaviour } from '../support/stand-in.ts';
import { StandIns } from '../support/stand-in.ts';

const value = 'sk_canary_EXAMPLE';
const base64 = Buffer.from(value).toString('base64');
const secret = new Secret(value);
const delivery = { secret, key: key({ name: 'ci' }), delivered: [], operation: 'op000001' };

/** A sink whose vendor's program behaves like this. */
async function world(to: string, program: string, ...behaviours: Behaviour[]) {
  const programs = new StandIns().add(program, ...behaviours);
  const spec = parseSink(to);
  if (spec.kind === 'stdout') throw new Error('not a place');
  const env = { PATH: programs.folder };
  const [sink] = await openSinks([spec], sinkContext(programs.folder, { env }));
  return { programs, sink: sink as Sink };
}

/** The check that each preset makes before there is a key. */
const questions: Readonly<Record<string, string>> = {
  gh: 'api repos/acme/app/actions/secrets/public-key --silent',
  glab: 'variable get API_KEY --repo group/app --output json',
  vault: 'token capabilities secret/data/app',
  kubectl: 'auth can-i patch secret/app --namespace prod',
  aws: 'secretsmanager describe-secret --secret-id prod/api-key --output json',
};

/** How the program was called: its arguments, and `<` with its input. */
function callsOf(programs: StandIns): string[] {
  return programs.calls.map(({ args, stdin }) => [...args, ...(stdin ? ['<', stdin] : [])].join(' '));
}

interface Case {
  to: string;
  program: string;
  behaviours?: Behaviour[];
  /** The calls of a delivery and of reading it back. */
  calls: string[];
  /** Whether the sink holds the secret; absent: it cannot be read. */
  isThere?: boolean;
}

const notFound = { stderr: 'No value found at secret/data/app', code: 2 };

const cases: Record<string, Case> = {
  'github, which cannot be read': {
    to: 'github:acme/app#API_KEY',
    program: 'gh',
    calls: [`secret set API_KEY --repo acme/app < ${value}`],
  },
  'gitlab, a variable that is new': {
    to: 'gitlab:group/sub/app#API_KEY',
    program: 'glab',
    behaviours: [{ args: /variable get/, code: 1, stderr: '404 Not Found' }],
    calls: [
      'variable get API_KEY --repo group/sub/app --output json',
      `variable set API_KEY --repo group/sub/app --masked --raw < ${value}`,
      'variable get API_KEY --repo group/sub/app --output json',
    ],
  },
  'gitlab, a variable that is protected and stays so': {
    to: 'gitlab:group/app#API_KEY',
    program: 'glab',
    behaviours: [
      {
        args: /variable get/,
        stdout: JSON.stringify({ value, protected: true, masked: true, raw: false, variable_type: 'file' }),
      },
    ],
    calls: [
      'variable get API_KEY --repo group/app --output json',
      `variable update API_KEY --repo group/app --protected=true --masked=true --raw=false --type file < ${value}`,
      'variable get API_KEY --repo group/app --output json',
    ],
    isThere: true,
  },
  'vault, a secret with other fields': {
    to: 'vault:secret/team/app#api_key',
    program: 'vault',
    behaviours: [{ args: /kv get/, stdout: value }],
    calls: [
      `kv patch -mount=secret team/app api_key=- < ${value}`,
      'kv get -mount=secret -field=api_key team/app',
    ],
    isThere: true,
  },
  'vault, a secret that is new': {
    to: 'vault:secret/app#api_key',
    program: 'vault',
    behaviours: [{ args: /kv (patch|get)/, ...notFound }],
    calls: [
      `kv patch -mount=secret app api_key=- < ${value}`,
      `kv put -mount=secret app api_key=- < ${value}`,
      'kv get -mount=secret -field=api_key app',
    ],
  },
  'kubernetes, which is told one key alone': {
    to: 'kubernetes:prod/app#api.key',
    program: 'kubectl',
    behaviours: [{ args: /^get/, stdout: JSON.stringify({ data: { 'api.key': base64, other: 'eA==' } }) }],
    calls: [
      'apply --server-side --force-conflicts --field-manager=keys-api.key --filename - < ' +
        JSON.stringify({
          apiVersion: 'v1',
          kind: 'Secret',
          metadata: { name: 'app', namespace: 'prod' },
          data: { 'api.key': base64 },
        }),
      'get secret app --namespace prod --output json',
    ],
    isThere: true,
  },
  'aws, a secret that is there': {
    to: 'aws-secretsmanager:prod/api-key',
    program: 'aws',
    behaviours: [{ args: /get-secret-value/, stdout: JSON.stringify({ SecretString: 'another' }) }],
    calls: [
      `secretsmanager put-secret-value --secret-id prod/api-key --secret-string file:///dev/stdin < ${value}`,
      'secretsmanager get-secret-value --secret-id prod/api-key --output json',
    ],
    isThere: false,
  },
  'aws, a secret that is new': {
    to: 'aws-secretsmanager:prod/api-key',
    program: 'aws',
    behaviours: [
      { args: /put-secret-value/, stderr: 'An error occurred (ResourceNotFoundException)', code: 254 },
      { args: /get-secret-value/, stderr: 'AccessDeniedException', code: 254 },
    ],
    calls: [
      `secretsmanager put-secret-value --secret-id prod/api-key --secret-string file:///dev/stdin < ${value}`,
      `secretsmanager create-secret --name prod/api-key --secret-string file:///dev/stdin < ${value}`,
      'secretsmanager get-secret-value --secret-id prod/api-key --output json',
    ],
  },
};

test.each(Object.entries(cases))('%s', async (_, { to, program, behaviours = [], calls, isThere }) => {
  const { programs, sink } = await world(to, program, ...behaviours);
  await sink.check();
  const [question, ...others] = callsOf(programs);
  expect(others).toEqual([]);
  expect(question?.replace('/sub/', '/').replace('/team/', '/')).toBe(questions[program]);
  await sink.deliver(delivery);
  expect(await holds(sink, secret)).toBe(isThere);
  expect(callsOf(programs).slice(1)).toEqual(calls);
  for (const { args, env, cmdline } of programs.calls) {
    expect(JSON.stringify([args, env, cmdline])).not.toMatch(/canary/);
    expect(JSON.stringify([args, env, cmdline])).not.toContain(base64);
  }
});

test('every preset has a case', () => {
  const tested = new Set(Object.values(cases).map(({ to }) => to.split(':')[0]));
  expect([...tested].sort()).toEqual(Object.keys(presets).sort());
});

describe.each(Object.values(cases).filter(({ behaviours }) => !behaviours?.some(({ args }) => !args)))(
  '$to',
  ({ to, program }) => {
    test('says how to install a program that is missing', async () => {
      const { sink } = await world(to, 'another');
      const failure = await failureIn(sink.check());
      expect(failure).toMatchObject({
        code: 'program_missing',
        hints: [expect.stringContaining('https://')],
      });
      expect(failure.message).toContain(program);
    });

    test('repeats the error of the program, without the secret', async () => {
      const { sink } = await world(to, program, { stderr: `not logged in: $STDIN ${base64}`, code: 4 });
      const failure = await failureIn(sink.deliver(delivery));
      expect(failure).toMatchObject({ exit: 'failed', code: 'program_failed' });
      expect(failure.message).toContain(`${program} failed with exit code 4: not logged in: `);
      expect(failure.message).not.toMatch(/canary/);
      expect(failure.message).not.toContain(base64);
    });
  },
);

describe('is refused before there is a key', () => {
  test.each([
    [
      'github:acme/app#NAME',
      'gh',
      { stderr: 'To get started, run: gh auth login', code: 4 },
      'gh auth login',
    ],
    ['github:acme/app#NAME', 'gh', { stderr: 'gh: Not Found (HTTP 404)', code: 1 }, 'HTTP 404'],
    ['gitlab:group/app#NAME', 'glab', { stderr: '401 Unauthorized', code: 1 }, '401'],
    ['gitlab:group/app#NAME', 'glab', { stderr: '404 Project Not Found', code: 1 }, '404 Project'],
    ['vault:secret/app#field', 'vault', { stderr: 'Code: 403. permission denied', code: 2 }, '403'],
    ['vault:secret/app#field', 'vault', { stdout: 'deny\n' }, 'may not write secret/app'],
    ['kubernetes:prod/app#key', 'kubectl', { stdout: 'no\n', code: 1 }, 'may not change secrets in prod'],
    ['kubernetes:prod/app#key', 'kubectl', { stderr: 'connection refused', code: 1 }, 'connection refused'],
    [
      'aws-secretsmanager:a',
      'aws',
      { stderr: 'Unable to locate credentials', code: 253 },
      'Unable to locate',
    ],
    ['aws-secretsmanager:a', 'aws', { stdout: '{"DeletedDate":1}' }, 'marked for deletion'],
  ])('%s if %s prints %j', async (to, program, behaviour, told) => {
    const { sink } = await world(to, program, behaviour);
    const failure = await failureIn(sink.check());
    expect(failure).toMatchObject({ exit: 'failed', code: 'program_not_ready' });
    expect(failure.message).toContain(`${program} cannot deliver to ${to}: `);
    expect(failure.message).toContain(told);
    expect(failure.hints).toHaveLength(1);
  });

  test('if the program does not answer in time', async () => {
    const programs = new StandIns().add('gh', { lasts: 60_000 });
    const context = sinkContext(programs.folder, { env: { PATH: programs.folder }, timeout: 300 });
    const [sink] = await openSinks([parseSink('github:acme/app#NAME') as PlaceSpec], context);
    const failure = await failureIn((sink as Sink).check());
    expect(failure).toMatchObject({ code: 'program_failed', message: 'gh has not ended after 0.3 s' });
  });
});

test.each([
  ['glab', 'gitlab:group/app#NAME', { stderr: '404 Variable Not Found', code: 1 }],
  ['aws', 'aws-secretsmanager:a', { stderr: 'An error occurred (ResourceNotFoundException)', code: 254 }],
  ['aws', 'aws-secretsmanager:a', { stderr: 'An error occurred (AccessDeniedException)', code: 254 }],
  ['vault', 'vault:secret/app#field', { stdout: 'create, patch, read\n' }],
  ['vault', 'vault:secret/app#field', { stdout: 'root\n' }],
  // A failure without a message proves nothing.
  ['gh', 'github:acme/app#NAME', { code: 1 }],
  ['glab', 'gitlab:group/app#NAME', { code: 1 }],
])('%s is ready for %s with %j', async (program, to, behaviour) => {
  await (await world(to, program, behaviour)).sink.check();
});

test('a host other than github.com is queried directly', async () => {
  const { programs, sink } = await world('github:git.example.com/acme/app#NAME', 'gh');
  await sink.check();
  expect(callsOf(programs)).toEqual([
    'api repos/acme/app/actions/secrets/public-key --silent --hostname git.example.com',
  ]);
});

test.each(['/prod/api-key', 'a@b', 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/key-AbCdEf'])(
  'aws-secretsmanager:%s is a name',
  (name) => {
    expect(parseSink(`aws-secretsmanager:${name}`)).toMatchObject({ parts: [name] });
  },
);

test.each([
  'github:acme/..#NAME',
  'github:../app#NAME',
  'gitlab:group/../app#NAME',
  'gitlab:@group/app#NAME',
  'vault:secret/../auth#field',
  'vault:secret/@file#field',
  'vault:secret/app#@file',
  'kubernetes:prod/app#..',
  'aws-secretsmanager:file:///dev/stdin',
  'aws-secretsmanager:fileb://x',
  'aws-secretsmanager:http://example.com',
  'aws-secretsmanager:https://example.com/x',
  'aws-secretsmanager:@file',
  'github:acme#NAME',
  'github:acme/app',
  'github:acme/app#1NAME',
  'github:--repo/app#NAME',
  'github:acme/app#--body',
  'gitlab:#NAME',
  'gitlab:-R/app#NAME',
  'vault:secret#field',
  'vault:secret/app',
  'vault:-mount/app#field',
  'vault:secret/-x#field',
  'kubernetes:prod/app',
  'kubernetes:Prod/app#key',
  'kubernetes:prod/-f#key',
  'aws-secretsmanager:',
  'aws-secretsmanager:--name',
  'aws-secretsmanager:a b',
])('%j is refused', (to) => {
  expect(() => parseSink(to)).toThrow(InvalidValue);
  expect(() => parseSink(to)).toThrow(/expected (github|gitlab|vault|kubernetes|aws-secretsmanager):/);
});

describe('a login that is for another host than the one a place names', () => {
  const token = { GITLAB_TOKEN: 'glpat-EXAMPLE' };
  const own = { ...token, GITLAB_HOST: 'https://gitlab.example.com:8443/' };
  const job = { GLAB_ENABLE_CI_AUTOLOGIN: 'true', GITLAB_CI: 'true', CI_JOB_TOKEN: 'x' };
  const stray = (project: string, env: Record<string, string>) =>
    strayLoginOf('gitlab', [project, 'API_KEY'], env);

  test.each([
    ['gitlab.com/acme/app', own, 'gitlab.com', 'gitlab.example.com', 'GITLAB_TOKEN'],
    ['evil.example.net/acme/app', token, 'evil.example.net', 'gitlab.com', 'GITLAB_TOKEN'],
    [
      'GitLab.com/acme/sub/app',
      { ...own, GITLAB_TOKEN: '', OAUTH_TOKEN: 'x' },
      'gitlab.com',
      'gitlab.example.com',
      'OAUTH_TOKEN',
    ],
    [
      'gitlab.com/acme/app',
      { ...job, CI_SERVER_FQDN: 'git.example.com' },
      'gitlab.com',
      'git.example.com',
      'CI_JOB_TOKEN',
    ],
  ])('%s with %j', (project, env, host, loginHost, variable) => {
    expect(stray(project, env)).toEqual({ host, loginHost, variable });
  });

  test.each([
    ['gitlab.example.com/acme/app', own],
    ['gitlab.com/acme/app', token],
    // Without a token of the environment, glab sends each host its own.
    ['gitlab.com/acme/app', { GITLAB_HOST: 'gitlab.example.com' }],
    ['gitlab.com/acme/app', { CI_JOB_TOKEN: 'x', CI_SERVER_FQDN: 'git.example.com' }],
    ['acme/app', own],
    ['acme.dev/app', own],
    ['acme/sub/app', own],
    ['gitlab.example.com/acme.dev/sub/app', own],
  ])('none for %s with %j', (project, env) => {
    expect(stray(project, env)).toBeUndefined();
  });

  test('the other programs take no host from a place', () => {
    for (const kind of ['vault', 'kubernetes', 'aws-secretsmanager'] as const)
      expect(strayLoginOf(kind, ['evil.example.net', 'a', 'b'], own)).toBeUndefined();
  });
});

test.each([
  [['C:\\work\\repo\\glab.exe', 'C:\\Tools\\glab.exe'], 'C:\\tools\\;D:\\bin', 'C:\\Tools\\glab.exe'],
  [['C:\\work\\repo\\glab.exe'], 'C:\\tools;;.', undefined],
  [['glab.exe'], ';C:\\tools', undefined],
  [['C:\\Program Files\\glab.exe'], '"C:\\Program Files"', 'C:\\Program Files\\glab.exe'],
  [['C:\\src\\repo\\glab.exe'], 'c:/src/repo', 'C:\\src\\repo\\glab.exe'],
  [[], 'C:\\tools', undefined],
])('on Windows, of %j with the PATH %s, %s runs', (found, path, program) => {
  expect(firstOnPath(found, path)).toBe(program);
});
