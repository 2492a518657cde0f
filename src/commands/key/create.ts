import type { Context } from '../../app/context.ts';
import { echoStored } from '../../app/echo-stored.ts';
import { sinkContextOf } from '../../app/sink-context.ts';
import { InvalidValue, KeysError, usageError } from '../../base/errors.ts';
import { visible } from '../../base/sanitise.ts';
import type { Input } from '../../cli/define.ts';
import { defineCommand, toggle } from '../../cli/define.ts';
import { requireCapacity } from '../../keys/capacity.ts';
import { differences } from '../../keys/differences.ts';
import type { Key } from '../../keys/key.ts';
import { asReported, isActive, keyFields, statusOf, unidentified } from '../../keys/key.ts';
import { issueKey } from '../../keys/operations/issue.ts';
import type { Delivered, KeyBackend, KeySpec } from '../../keys/ports.ts';
import type { Requested } from '../../keys/requested.ts';
import { requestedIn } from '../../keys/requested.ts';
import type { Result } from '../../output/present.ts';
import { shownOnce } from '../../output/reminder.ts';
import type { Destination } from '../../sinks/destinations.ts';
import { resolveDestination } from '../../sinks/destinations.ts';
import { maskInCiLog } from '../../sinks/mask.ts';
import { destinationFlags } from '../flags/destination-flags.ts';
import { checkCapabilities, keyFlags, readName } from '../flags/key-flags.ts';
import { noteReplaced, noteSuperseded, requireNames } from './create-neighbours.ts';

const fields = [...keyFields, 'secret', 'delivered', 'changed', 'expiresAtRequested', 'requested', 'dryRun'];

const flags = {
  ...keyFlags,
  ifMissing: toggle('--if-missing', 'do nothing if a key of this name works already'),
  dryRun: toggle('--dry-run', 'show what would be created'),
  allowDowntime: toggle('--allow-downtime', 'go on where the new key takes the place of one that works'),
  ...destinationFlags,
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
  problems({ ifMissing, secretOnly, to, dryRun }) {
    // `keys create ci --if-missing --secret-only | store` would store an empty secret from the second time on.
    if (ifMissing && (secretOnly || to.some(({ kind }) => kind === 'stdout')) && !dryRun) {
      return ['--if-missing has no secret to print for a key that exists: use --json, or --to a file'];
    }
    return [];
  },
  async run(context, input) {
    const asked: Asked = {};
    const destination = await chooseDestination(context, input, asked);
    const backend = await context.backend();
    const { provider } = await context.profile();
    checkCapabilities(provider, backend, input, context.now);
    const spec = toSpec(await chooseName(context, input.operands[0]), backend, input);
    asked.spec = spec;
    const known = await context.keys();
    const live = known.filter(isActive);
    const named = live.filter((key) => key.name === spec.name);
    const [newest] = named;
    if (!input.dryRun) await context.requireFinished(spec.name);
    if (input.ifMissing && newest) {
      await (await import('./create-found.ts')).checkPlaces(context, {
        ...{ backend, known, newest, destination },
        to: input.to,
      });
      return found(context, newest);
    }
    if (input.ifMissing) requireNames(provider, backend, known);
    if (!input.allowDowntime) requireCapacity(provider, backend.capabilities, live);
    if (input.dryRun || !destination) return dryRun(context, spec);
    if (newest && backend.capabilities.overlap !== 'none') await noteSuperseded(context, named);

    context.startMutation();
    const { key, delivered } = await issueKey(backend, spec, {
      sinks: destination.sinks,
      known,
      nameless: !backend.capabilities.reports.includes('name'),
      single: backend.capabilities.maxKeys === 1,
      journal: await context.journal(),
      onSecret: (secret) => maskInCiLog(context.io, secret),
    });
    const requested = await echoStored(context, backend, spec, key);
    if (key.id === unidentified) {
      await context.warn('the API does not show which key it made: keys list --status all');
    } else if (!backend.capabilities.reports.includes('name')) {
      await context.warn(
        `the provider ${provider} keeps no names: name the key by its id, ${visible(key.id)}`,
      );
    }
    if (backend.capabilities.maxKeys !== null) await noteReplaced(context, live, backend);
    if (destination.printsSecretOnly || destination.printsRecord) return { kind: 'nothing' };
    for (const { sink, verified } of delivered) {
      await context.note(`delivered to ${sink}${verified ? ' and read back' : ''}`);
    }
    return created(await record(context, requested, key, delivered));
  },
});

type CreateInput = Input<typeof flags>;

/** What the key is asked to be, once that is known. */
interface Asked {
  spec?: KeySpec;
}

/** Where the secret will go. A dry run needs no place for it, but tells where the real run would be refused. */
async function chooseDestination(
  context: Context,
  input: CreateInput,
  asked: Asked,
): Promise<Destination | undefined> {
  try {
    const destination = await resolveDestination(context.io, {
      context: sinkContextOf(context, input.allowInGit),
      to: input.to,
      secretOnly: input.secretOnly,
      format: context.output.format,
      fields: context.output.fields,
      present: async ({ key, delivered }, secret) => {
        const { capabilities } = await context.backend();
        const requested = requestedIn(asked.spec ? differences(asked.spec, key, capabilities) : []);
        const all = [...delivered, { sink: 'stdout', verified: false }];
        await printSecret(context, requested, key, all, secret);
      },
    });
    return input.dryRun ? undefined : destination;
  } catch (error) {
    if (!input.dryRun || !(error instanceof KeysError)) throw error;
    await context.warn(`without --dry-run this is refused: ${error.message}`);
    return undefined;
  }
}

async function printSecret(
  context: Context,
  requested: Requested,
  key: Key,
  delivered: readonly Delivered[],
  secret: string,
): Promise<void> {
  await context.print(created({ ...(await record(context, requested, key, delivered)), secret }));
  if (context.io.stdout.isTTY) await context.note(shownOnce('secret'));
}

async function chooseName(context: Context, operand: string | undefined): Promise<string> {
  const proposal = context.io.whoami();
  const asks = context.interactive && !context.globals.yes;
  const name = operand ?? (asks ? await context.ask('Name of the key', proposal) : proposal);
  if (operand === undefined && !asks) {
    await context.note(`no name given: the key is named ${visible(name)}`);
  }
  try {
    return readName(name);
  } catch (error) {
    throw error instanceof InvalidValue ? usageError(error.message) : error;
  }
}

function toSpec(name: string, { capabilities, permissions }: KeyBackend, input: CreateInput): KeySpec {
  const asked = [...new Set(input.permission.flat())];
  // The least that a key can be useful with.
  const least = capabilities.createFields.includes('permissions') ? (permissions ?? []).slice(0, 1) : [];
  return {
    name,
    description: input.description || null,
    expiresAt: input.expires ?? null,
    permissions: asked.length > 0 ? asked : least,
    rateLimitRpm: input.rateLimit ?? null,
    budgetUsd: input.budget ?? null,
    models: [...new Set(input.models.flat())],
    labels: Object.fromEntries(input.label),
  };
}

interface Created extends Partial<Key>, Requested {
  delivered: readonly Delivered[];
  changed: boolean;
  secret?: string;
  dryRun?: true;
}

async function record(
  context: Context,
  requested: Requested,
  key: Key,
  delivered: readonly Delivered[],
): Promise<Created> {
  const { name: profile, provider } = await context.profile();
  return {
    ...asReported(key),
    superseded: false,
    provider,
    profile,
    delivered,
    changed: true,
    ...requested,
  };
}

function created(result: Created): Result {
  return {
    kind: 'one',
    record: result,
    columns: result.secret === undefined ? keyFields : [...keyFields, 'secret'],
    table: async (_, terminal) =>
      (await import('../../output/views/created.ts')).createdView(result, terminal),
  };
}

async function found(context: Context, key: Key): Promise<Result> {
  await context.note(`a key named ${visible(key.name)} works already (${key.id}): nothing was created`);
  return created({ ...key, delivered: [], changed: false });
}

async function dryRun(context: Context, spec: KeySpec): Promise<Result> {
  const { name: profile, provider } = await context.profile();
  const expires = spec.expiresAt?.getTime() ?? null;
  const status = statusOf({ revoked: false, disabled: false, expiresAt: expires }, context.now.getTime());
  const expiresAt = spec.expiresAt?.toISOString() ?? null;
  await context.note('dry run: nothing was created');
  return created({
    ...spec,
    status,
    expiresAt,
    provider,
    profile,
    delivered: [],
    changed: false,
    dryRun: true,
  });
}
