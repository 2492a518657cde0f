import type { App } from '../app.ts';
import { parseSink, resolveDestination } from '../delivery/destinations.ts';
import { maskInCiLog } from '../delivery/mask.ts';
import { InvalidValue, usageError } from '../errors.ts';
import { issueKey } from '../lifecycle/issue.ts';
import type { Key } from '../lifecycle/key.ts';
import { isActive, keyFields, statusOf } from '../lifecycle/key.ts';
import type { Delivered, KeyBackend, KeySpec } from '../lifecycle/ports.ts';
import type { Result } from '../output/present.ts';
import { absoluteTime, relativeTime } from '../output/relative-time.ts';
import { visible } from '../output/sanitise.ts';
import type { Input } from './define.ts';
import { defineCommand, toggle, values } from './define.ts';
import { checkPermissions, keyFlags, readName } from './key-flags.ts';

const fields = [...keyFields, 'secret', 'delivered', 'changed', 'expiresAtRequested', 'dryRun'];

const flags = {
  ...keyFlags,
  ifMissing: toggle('--if-missing', 'do nothing if a key of this name works already'),
  dryRun: toggle('--dry-run', 'show what would be created'),
  to: values(
    '--to <sink>',
    'where the secret goes: stdout, file:PATH, env:PATH#NAME; may be repeated',
    parseSink,
  ),
  secretOnly: toggle('--secret-only', 'print the bare secret and a newline, nothing else'),
};

export const create = defineCommand({
  operands: '[name]',
  summary: 'create a key; its secret is shown or delivered once',
  description: [
    'Without a name it asks for one on a terminal, else it takes <login name>-<host>. A name may be given again: it',
    'then means the newest key that is not revoked, and the older one counts as superseded.',
  ].join('\n'),
  examples: [
    'keys create ci --expires 90d --to env:.env#API_KEY',
    'keys create ci --expires 90d --json | jq -r .secret',
    'keys create reports --permission read --budget 25 --rate-limit 60 --models gpt-4o,mistral-large',
  ],
  flags,
  fields,
  async run(app, input) {
    const destination = resolveUnlessDry(app, input);
    const backend = await app.backend();
    const permissions = [...new Set(input.permission.flat())];
    checkPermissions(backend, permissions);
    const spec = toSpec(await chooseName(app, input.operands[0]), permissions, backend, input);
    const existing = (await app.keys()).filter((key) => key.name === spec.name && isActive(key));
    const [newest] = existing;
    if (input.ifMissing && newest) return found(app, newest, input.secretOnly);
    if (input.dryRun || !destination) return dryRun(app, spec);
    if (newest) await noteSuperseded(app, existing);

    app.begin();
    const { key, delivered } = await issueKey(backend, spec, destination.sinks, (secret) =>
      maskInCiLog(app.io, secret),
    );
    await echoExpiry(app, spec, key);
    if (destination.bare || destination.presented) return { kind: 'nothing' };
    for (const { sink, verified } of delivered) {
      await app.note(`delivered to ${sink}${verified ? ' and read back' : ''}`);
    }
    return created(await record(app, spec, key, delivered));
  },
});

type CreateInput = Input<typeof flags>;

/** A dry run makes no secret, so it needs no place for one; it says so where the real run would be refused. */
function resolveUnlessDry(app: App, input: CreateInput) {
  const { to, secretOnly, dryRun } = input;
  if (dryRun) return undefined;
  return resolveDestination(app.io, {
    to,
    secretOnly,
    format: app.output.format,
    present: async ({ key, delivered }, value) => {
      const spec = { expiresAt: key.expiresAt ? new Date(key.expiresAt) : null };
      const shown = [...delivered, { sink: 'stdout', verified: false }];
      await app.print(created({ ...(await record(app, spec, key, shown)), secret: value }));
      if (app.io.stdout.isTTY) await app.note('this is the only time the secret is shown: store it now');
    },
  });
}

async function chooseName(app: App, operand: string | undefined): Promise<string> {
  const proposal = app.io.whoami();
  const name = operand ?? (app.interactive ? await app.ask('Name of the key', proposal) : proposal);
  if (operand === undefined && !app.interactive)
    await app.note(`no name given: the key is named ${visible(name)}`);
  try {
    return readName(name);
  } catch (error) {
    throw error instanceof InvalidValue ? usageError(error.message) : error;
  }
}

function toSpec(name: string, permissions: string[], backend: KeyBackend, input: CreateInput): KeySpec {
  return {
    name,
    description: input.description || null,
    expiresAt: input.expires ?? null,
    // The least that a key can be useful with.
    permissions: permissions.length > 0 ? permissions : backend.permissions.slice(0, 1),
    rateLimitRpm: input.rateLimit ?? null,
    budgetUsd: input.budget ?? null,
    models: [...new Set(input.models.flat())],
    labels: Object.fromEntries(input.label),
  };
}

interface Created extends Partial<Key> {
  delivered: readonly Delivered[];
  changed: boolean;
  secret?: string;
  expiresAtRequested?: string | null;
}

async function record(
  app: App,
  { expiresAt }: Pick<KeySpec, 'expiresAt'>,
  key: Key,
  delivered: readonly Delivered[],
): Promise<Created> {
  const { name: profile, provider } = await app.profile();
  const requested = expiresAt?.toISOString() ?? null;
  const differs = key.expiresAt !== undefined && key.expiresAt !== requested;
  return {
    ...key,
    superseded: false,
    provider,
    profile,
    delivered,
    changed: true,
    ...(differs && { expiresAtRequested: requested }),
  };
}

function created(result: Created): Result {
  return {
    kind: 'one',
    record: result,
    columns: keyFields,
    table: async (_, terminal) => (await import('../output/views/created.ts')).createdView(result, terminal),
  };
}

async function echoExpiry(app: App, spec: KeySpec, key: Key): Promise<void> {
  const requested = spec.expiresAt?.toISOString() ?? null;
  if (key.expiresAt !== undefined && key.expiresAt !== requested) {
    const stored = key.expiresAt ?? 'never';
    await app.warn(`asked to expire ${requested ?? 'never'}, but the server stored ${stored}`);
  } else if (key.expiresAt && !app.forPeople) {
    await app.note(`expires ${absoluteTime(key.expiresAt)} (${relativeTime(key.expiresAt, app.now)})`);
  }
}

async function found(app: App, key: Key, secretOnly: boolean): Promise<Result> {
  await app.note(`a key named ${visible(key.name)} works already (${key.id}): nothing was created`);
  if (secretOnly) return { kind: 'nothing' };
  return created({ ...key, delivered: [], changed: false });
}

async function dryRun(app: App, spec: KeySpec): Promise<Result> {
  const { name: profile, provider } = await app.profile();
  const expiresAt = spec.expiresAt?.toISOString() ?? null;
  const status = statusOf(
    { revoked: false, disabled: false, expiresAt: spec.expiresAt?.getTime() ?? null },
    app.now.getTime(),
  );
  await app.note('dry run: nothing was created');
  const planned = {
    ...spec,
    status,
    expiresAt,
    provider,
    profile,
    delivered: [],
    changed: false,
    dryRun: true,
  };
  return created(planned);
}

async function noteSuperseded(app: App, existing: readonly Key[]): Promise<void> {
  const ids = existing.map(({ id }) => id).join(', ');
  const name = visible(existing[0]?.name ?? '');
  await app.warn(
    `a key named ${name} works already (${ids}): it is superseded by the new one, and stays live`,
  );
}
