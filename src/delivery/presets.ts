import { InvalidValue } from '../errors.ts';
import type { Outcome } from '../run-program.ts';
import type { VendorCall } from './vendor-program.ts';

/** Runs the vendor's program, and gives back how it ended. */
export type Run = (call: VendorCall) => Promise<Outcome>;

/** A place that a vendor's own program can write to, with the value on stdin. */
export interface Preset {
  /** As `--to` writes it, behind the colon. */
  form: string;
  help: string;
  program: string;
  /** Where to get the program. */
  install: string;
  /** The parts of the place. No part begins with `-`, so that none is taken for a flag. */
  pattern: RegExp;
  deliver(run: Run, parts: readonly string[], value: string): Promise<Outcome>;
  /** What the place holds; undefined where that cannot be told. Absent: nobody can read it. */
  read?(run: Run, parts: readonly string[]): Promise<string | undefined>;
}

export type PresetName = keyof typeof presets;

/**
 * Flags and behaviour as the vendors document them: cli.github.com/manual/gh_secret_set,
 * gitlab.com/gitlab-org/cli (docs/source/variable), developer.hashicorp.com/vault/docs/commands/kv,
 * kubernetes.io/docs/reference/using-api/server-side-apply, docs.aws.amazon.com/cli (secretsmanager, file parameters).
 */
export const presets = {
  github: {
    form: 'OWNER/REPO#NAME',
    help: 'a secret of GitHub Actions, by gh',
    program: 'gh',
    install: 'https://cli.github.com',
    pattern: /^((?:[A-Za-z0-9][\w.-]*\/)?[A-Za-z0-9][\w.-]*\/[\w.][\w.-]*)#([A-Za-z_]\w*)$/,
    deliver: (run, [repo = '', name = ''], value) =>
      run({ args: ['secret', 'set', name, '--repo', repo], input: value }),
  },

  gitlab: {
    form: 'PROJECT#NAME',
    help: 'a variable of GitLab CI, masked, by glab',
    program: 'glab',
    install: 'https://gitlab.com/gitlab-org/cli',
    pattern: /^([\w.][\w./-]*)#([A-Za-z_]\w*)$/,
    async deliver(run, [project = '', name = ''], value) {
      const place = [name, '--repo', project];
      const found = await run({ args: ['variable', 'get', ...place, '--output', 'json'] });
      const existing = found.code === 0 ? parsed(found.stdout) : undefined;
      if (!existing) {
        return run({ args: ['variable', 'set', ...place, '--masked', '--raw'], input: value });
      }
      // Some versions reset what is not said again.
      const kept = ['protected', 'masked', 'raw'].map((flag) => `--${flag}=${existing[flag] === true}`);
      const type = existing.variable_type === 'file' ? ['--type', 'file'] : [];
      return run({ args: ['variable', 'update', ...place, ...kept, ...type], input: value });
    },
    async read(run, [project = '', name = '']) {
      const found = await run({ args: ['variable', 'get', name, '--repo', project, '--output', 'json'] });
      const value = parsed(found.stdout)?.value;
      return typeof value === 'string' ? value : undefined;
    },
  },

  vault: {
    form: 'MOUNT/PATH#FIELD',
    help: 'a field of a secret in Vault (KV version 2), by vault; other fields stay',
    program: 'vault',
    install: 'https://developer.hashicorp.com/vault/install',
    pattern: /^([\w.][\w.-]*)\/([\w.][\w./-]*)#([\w.][\w.-]*)$/,
    async deliver(run, [mount = '', path = '', field = ''], value) {
      const write = (verb: string) =>
        run({ args: ['kv', verb, `-mount=${mount}`, path, `${field}=-`], input: value });
      const patched = await write('patch');
      // Only where there is nothing yet: `put` replaces every field.
      return patched.code !== 0 && /no value found/i.test(patched.stderr) ? write('put') : patched;
    },
    async read(run, [mount = '', path = '', field = '']) {
      const { code, stdout } = await run({ args: ['kv', 'get', `-mount=${mount}`, `-field=${field}`, path] });
      return code === 0 ? stdout.replace(/\n$/, '') : undefined;
    },
  },

  kubernetes: {
    form: 'NAMESPACE/SECRET#KEY',
    help: 'a key of a Secret in Kubernetes, by kubectl; other keys stay',
    program: 'kubectl',
    install: 'https://kubernetes.io/docs/tasks/tools',
    pattern: /^([a-z0-9][a-z0-9-]*)\/([a-z0-9][a-z0-9.-]*)#([\w.][\w.-]*)$/,
    deliver(run, [namespace = '', name = '', key = ''], value) {
      const secret = {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name, namespace },
        data: { [key]: Buffer.from(value).toString('base64') },
      };
      // Server-side apply takes away what its manager no longer names: so each key has a manager of its own.
      const manager = `--field-manager=keys-${key}`;
      return run({
        args: ['apply', '--server-side', '--force-conflicts', manager, '--filename', '-'],
        input: JSON.stringify(secret),
      });
    },
    async read(run, [namespace = '', name = '', key = '']) {
      const found = await run({
        args: ['get', 'secret', name, '--namespace', namespace, '--output', 'json'],
      });
      const data = parsed(found.stdout)?.data as Record<string, unknown> | undefined;
      const value = data?.[key];
      return typeof value === 'string' ? Buffer.from(value, 'base64').toString('utf8') : undefined;
    },
  },

  'aws-secretsmanager': {
    form: 'NAME',
    help: 'a secret in AWS Secrets Manager, by aws',
    program: 'aws',
    install: 'https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html',
    pattern: /^([A-Za-z0-9/_+=.@:][A-Za-z0-9/_+=.@:-]*)$/,
    async deliver(run, [name = ''], value) {
      const write = (call: readonly string[]) =>
        run({ args: ['secretsmanager', ...call, '--secret-string', 'file:///dev/stdin'], input: value });
      const put = await write(['put-secret-value', '--secret-id', name]);
      const isMissing = put.code !== 0 && put.stderr.includes('ResourceNotFoundException');
      return isMissing ? write(['create-secret', '--name', name]) : put;
    },
    async read(run, [name = '']) {
      const { code, stdout } = await run({
        args: ['secretsmanager', 'get-secret-value', '--secret-id', name, '--output', 'json'],
      });
      const value = code === 0 ? parsed(stdout)?.SecretString : undefined;
      return typeof value === 'string' ? value : undefined;
    },
  },
} as const satisfies Record<string, Preset>;

/** The parts of a place. Throws `InvalidValue` where it is not of the preset's form. */
export function readPlace(kind: PresetName, place: string): string[] {
  const { pattern, form }: Preset = presets[kind];
  const [, ...parts] = pattern.exec(place) ?? [];
  if (parts.length > 0) return parts;
  throw new InvalidValue(`'${kind}:${place}' is incomplete or odd: write ${kind}:${form}`);
}

export function isPreset(kind: string): kind is PresetName {
  return Object.hasOwn(presets, kind);
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
