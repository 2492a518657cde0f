import { describe, expect, test } from 'vitest';
import { openSinks } from '../../src/delivery/open-sinks.ts';
import { presets } from '../../src/delivery/presets.ts';
import { parseSink } from '../../src/delivery/sink-spec.ts';
import { InvalidValue } from '../../src/errors.ts';
import { holds } from '../../src/lifecycle/deliver.ts';
import type { Sink } from '../../src/lifecycle/ports.ts';
import { Secret } from '../../src/secret.ts';
import { failureIn } from '../support/failure.ts';
import { key } from '../support/key.ts';
import { sinkContext } from '../support/sink-context.ts';
import type { Behaviour } from '../support/stand-in.ts';
import { StandIns } from '../support/stand-in.ts';

const value = 'sk_canary_EXAMPLE';
const base64 = Buffer.from(value).toString('base64');
const secret = new Secret(value);
const delivery = { secret, key: key({ name: 'ci' }), delivered: [] };

/** A sink whose vendor's program behaves like this. */
async function world(to: string, program: string, ...behaviours: Behaviour[]) {
  const programs = new StandIns().add(program, ...behaviours);
  const spec = parseSink(to);
  if (spec.kind === 'stdout') throw new Error('not a place');
  const env = { PATH: programs.folder };
  const [sink] = await openSinks([spec], sinkContext(programs.folder, { env }));
  return { programs, sink: sink as Sink };
}

/** How the program was called: its arguments, and `<` with what it was given. */
function callsOf(programs: StandIns): string[] {
  return programs.calls.map(({ args, stdin }) => [...args, ...(stdin ? ['<', stdin] : [])].join(' '));
}

interface Case {
  to: string;
  program: string;
  behaviours?: Behaviour[];
  /** The calls of a delivery and of reading it back. */
  calls: string[];
  /** Whether it can be read, and holds the secret; absent: it cannot be read. */
  isThere?: boolean;
}

const notFound = { stderr: 'No value found at secret/data/app', code: 2 };

const cases: Record<string, Case> = {
  'github, which nobody can read': {
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
  expect(programs.calls).toEqual([]);
  await sink.deliver(delivery);
  expect(await holds(sink, secret)).toBe(isThere);
  expect(callsOf(programs)).toEqual(calls);
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
    test('says where to get a program that is missing', async () => {
      const { sink } = await world(to, 'another');
      const failure = await failureIn(sink.check());
      expect(failure).toMatchObject({
        code: 'program_missing',
        hints: [expect.stringContaining('https://')],
      });
      expect(failure.message).toContain(program);
    });

    test('repeats what the program complains of, without the secret', async () => {
      const { sink } = await world(to, program, { stderr: `not logged in: $STDIN ${base64}`, code: 4 });
      const failure = await failureIn(sink.deliver(delivery));
      expect(failure).toMatchObject({ exit: 'failed', code: 'program_failed' });
      expect(failure.message).toContain(`${program} failed with exit code 4: not logged in: `);
      expect(failure.message).not.toMatch(/canary/);
      expect(failure.message).not.toContain(base64);
    });
  },
);

test.each([
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
  expect(() => parseSink(to)).toThrow(/write (github|gitlab|vault|kubernetes|aws-secretsmanager):/);
});
