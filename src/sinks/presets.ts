import { InvalidValue } from '../base/errors.ts';
import type { Environment } from '../platform/env.ts';
import type { Outcome } from '../platform/run-program.ts';
import type { StrayLogin } from './gitlab-login.ts';
import { strayGitLabLogin } from './gitlab-login.ts';
import type { VendorCall } from './vendor-program.ts';

/** Runs the vendor's program and returns how it ended. */
export type Run = (call: VendorCall) => Promise<Outcome>;

/** A place that a vendor's own program writes to, with the value on stdin. */
export interface Preset {
  /** The part of `--to` after the colon. */
  form: string;
  help: string;
  program: string;
  /** Where to get the program. */
  install: string;
  /** How its user logs in. */
  login: string;
  /** Captures the parts of the place. No part begins with `-`, so that none is taken for a flag. `readPlace` checks more. */
  pattern: RegExp;
  /** Why a delivery would fail, by a cheap query that works only if a delivery can; undefined if it can. */
  obstacle(run: Run, parts: readonly string[]): Promise<string | undefined>;
  deliver(run: Run, parts: readonly string[], value: string): Promise<Outcome>;
  /** The value in the place; undefined if that cannot be told. Absent: the place cannot be read. */
  read?(run: Run, parts: readonly string[]): Promise<string | undefined>;
  /** A login that the program would send to a host which the place names, and which it is not for. Absent: a place names no host. */
  strayLogin?(env: Environment, parts: readonly string[]): StrayLogin | undefined;
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
    help: 'a secret of GitHub Actions, through gh',
    program: 'gh',
    install: 'https://cli.github.com',
    login: 'gh auth login',
    pattern: /^((?:[A-Za-z0-9][\w.-]*\/)?[A-Za-z0-9][\w.-]*\/[\w.][\w.-]*)#([A-Za-z_]\w*)$/,
    // The key that encrypts secrets, which a delivery asks for first, too.
    async obstacle(run, [place = '']) {
      const [name, owner, host] = place.split('/').reverse();
      const at = host === undefined ? [] : ['--hostname', host];
      const path = `repos/${owner}/${name}/actions/secrets/public-key`;
      return complaintOf(await run({ args: ['api', path, '--silent', ...at] }));
    },
    deliver: (run, [repo = '', name = ''], value) =>
      run({ args: ['secret', 'set', name, '--repo', repo], input: value }),
  },

  gitlab: {
    form: 'PROJECT#NAME',
    help: 'a masked variable of GitLab CI, through glab',
    program: 'glab',
    install: 'https://gitlab.com/gitlab-org/cli',
    login: 'glab auth login',
    pattern: /^([\w.][\w./-]*)#([A-Za-z_]\w*)$/,
    strayLogin: (env, [project = '']) => strayGitLabLogin(env, project),
    async obstacle(run, [project = '', name = '']) {
      const outcome = await run({ args: ['variable', 'get', name, '--repo', project, '--output', 'json'] });
      const isNew = /\b404\b/.test(outcome.stderr) && !/404 project/i.test(outcome.stderr);
      return isNew ? undefined : complaintOf(outcome);
    },
    async deliver(run, [project = '', name = ''], value) {
      const place = [name, '--repo', project];
      const outcome = await run({ args: ['variable', 'get', ...place, '--output', 'json'] });
      const existing = outcome.code === 0 ? parsed(outcome.stdout) : undefined;
      if (!existing) {
        return run({ args: ['variable', 'set', ...place, '--masked', '--raw'], input: value });
      }
      // Some versions reset settings that are not repeated.
      const keptFlags = ['protected', 'masked', 'raw'].map((flag) => `--${flag}=${existing[flag] === true}`);
      const type = existing.variable_type === 'file' ? ['--type', 'file'] : [];
      return run({ args: ['variable', 'update', ...place, ...keptFlags, ...type], input: value });
    },
    async read(run, [project = '', name = '']) {
      const outcome = await run({ args: ['variable', 'get', name, '--repo', project, '--output', 'json'] });
      const value = parsed(outcome.stdout)?.value;
      return typeof value === 'string' ? value : undefined;
    },
  },

  vault: {
    form: 'MOUNT/PATH#FIELD',
    help: 'a field of a secret in Vault (KV version 2), through vault; other fields are kept',
    program: 'vault',
    install: 'https://developer.hashicorp.com/vault/install',
    login: 'vault login',
    pattern: /^([\w.][\w.-]*)\/([\w.][\w./-]*)#([\w.][\w.-]*)$/,
    async obstacle(run, [mount = '', path = '']) {
      const outcome = await run({ args: ['token', 'capabilities', `${mount}/data/${path}`] });
      if (/^\s*(?:deny|read|list|read, list)\s*$/.test(outcome.stdout))
        return `its token may not write ${mount}/${path} (${outcome.stdout.trim()})`;
      return complaintOf(outcome);
    },
    async deliver(run, [mount = '', path = '', field = ''], value) {
      const write = (verb: string) =>
        run({ args: ['kv', verb, `-mount=${mount}`, path, `${field}=-`], input: value });
      const patchResult = await write('patch');
      // Only if there is nothing yet: `put` replaces every field.
      return patchResult.code !== 0 && /no value found/i.test(patchResult.stderr)
        ? write('put')
        : patchResult;
    },
    async read(run, [mount = '', path = '', field = '']) {
      const { code, stdout } = await run({ args: ['kv', 'get', `-mount=${mount}`, `-field=${field}`, path] });
      return code === 0 ? stdout.replace(/\n$/, '') : undefined;
    },
  },

  kubernetes: {
    form: 'NAMESPACE/SECRET#KEY',
    help: 'a key of a Secret in Kubernetes, through kubectl; other keys are kept',
    program: 'kubectl',
    install: 'https://kubernetes.io/docs/tasks/tools',
    login: 'kubectl config current-context',
    pattern: /^([a-z0-9][a-z0-9-]*)\/([a-z0-9][a-z0-9.-]*)#([\w.][\w.-]*)$/,
    async obstacle(run, [namespace = '', name = '']) {
      const outcome = await run({
        args: ['auth', 'can-i', 'patch', `secret/${name}`, '--namespace', namespace],
      });
      const isForbidden = outcome.code !== 0 && /^no\b/.test(outcome.stdout);
      return isForbidden ? `it may not change secrets in ${namespace}` : complaintOf(outcome);
    },
    deliver(run, [namespace = '', name = '', key = ''], value) {
      const secret = {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name, namespace },
        data: { [key]: Buffer.from(value).toString('base64') },
      };
      // Server-side apply removes what its manager no longer names, so each key has its own manager.
      const manager = `--field-manager=keys-${key}`;
      return run({
        args: ['apply', '--server-side', '--force-conflicts', manager, '--filename', '-'],
        input: JSON.stringify(secret),
      });
    },
    async read(run, [namespace = '', name = '', key = '']) {
      const outcome = await run({
        args: ['get', 'secret', name, '--namespace', namespace, '--output', 'json'],
      });
      const data = parsed(outcome.stdout)?.data as Record<string, unknown> | undefined;
      const value = data?.[key];
      return typeof value === 'string' ? Buffer.from(value, 'base64').toString('utf8') : undefined;
    },
  },

  'aws-secretsmanager': {
    form: 'NAME',
    help: 'a secret in AWS Secrets Manager, through aws',
    program: 'aws',
    install: 'https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html',
    login: 'aws configure',
    // A name or an ARN. aws takes a value with a scheme, such as `file://`, for a reference to a file.
    pattern:
      /^((?:arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d+:secret:)?[A-Za-z0-9/_+=.][A-Za-z0-9/_+=.@-]*)$/,
    // A login that may only write gets AccessDenied here: it can deliver.
    async obstacle(run, [name = '']) {
      const outcome = await run({
        args: ['secretsmanager', 'describe-secret', '--secret-id', name, '--output', 'json'],
      });
      if (parsed(outcome.stdout)?.DeletedDate) return 'the secret is marked for deletion';
      const isReached = /ResourceNotFoundException|AccessDeniedException/.test(outcome.stderr);
      return isReached ? undefined : complaintOf(outcome);
    },
    async deliver(run, [name = ''], value) {
      const write = (call: readonly string[]) =>
        run({ args: ['secretsmanager', ...call, '--secret-string', 'file:///dev/stdin'], input: value });
      const putResult = await write(['put-secret-value', '--secret-id', name]);
      const isMissing = putResult.code !== 0 && putResult.stderr.includes('ResourceNotFoundException');
      return isMissing ? write(['create-secret', '--name', name]) : putResult;
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

/**
 * The parts of a place. Throws `InvalidValue` if it does not have the preset's form, or if a part is a path that leads
 * elsewhere, such as `../other`.
 */
export function readPlace(kind: PresetName, place: string): string[] {
  const { pattern, form }: Preset = presets[kind];
  const [, ...parts] = pattern.exec(place) ?? [];
  const isStraight = (part: string) => !/(?:^|\/)\.{1,2}(?:\/|$)/.test(part);
  if (parts.length > 0 && parts.every(isStraight)) return parts;
  throw new InvalidValue(`'${kind}:${place}' is invalid; expected ${kind}:${form}`);
}

export function strayLoginOf(
  kind: PresetName,
  parts: readonly string[],
  env: Environment,
): StrayLogin | undefined {
  const preset: Preset = presets[kind];
  return preset.strayLogin?.(env, parts);
}

export function isPreset(kind: string): kind is PresetName {
  return Object.hasOwn(presets, kind);
}

/** What a program that failed has printed; undefined if it succeeded, or printed nothing. */
function complaintOf({ code, stdout, stderr }: Outcome): string | undefined {
  return code === 0 ? undefined : stderr.trim() || stdout.trim() || undefined;
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
