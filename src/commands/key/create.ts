import type { App } from '../../app/app.ts';
import { sinkContextOf } from '../../app/sink-context.ts';
import { InvalidValue, KeysError, usageError } from '../../base/errors.ts';
import type { Input } from '../../cli/define.ts';
import { defineCommand, toggle } from '../../cli/define.ts';
import { requireRoom } from '../../keys/capacity.ts';
import { differences } from '../../keys/differences.ts';
import type { Requested } from '../../keys/expiry-echo.ts';
import { echoStored, requestedIn } from '../../keys/expiry-echo.ts';
import type { Key } from '../../keys/key.ts';
import { asReported, isActive, keyFields, statusOf, unidentified } from '../../keys/key.ts';
import { issueKey } from '../../keys/operations/issue.ts';
import type { Delivered, KeyBackend, KeySpec } from '../../keys/ports.ts';
import type { Result } from '../../output/present.ts';
import { shownOnce } from '../../output/reminder.ts';
import { visible } from '../../output/sanitise.ts';
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
  async run(app, input) {
    const asked: Asked = {};
    const destination = await chooseDestination(app, input, asked);
    const backend = await app.backend();
    const { provider } = await app.profile();
    checkCapabilities(provider, backend, input, app.now);
    const spec = toSpec(await chooseName(app, input.operands[0]), backend, input);
    asked.spec = spec;
    const known = await app.keys();
    const live = known.filter(isActive);
    const named = live.filter((key) => key.name === spec.name);
    const [newest] = named;
    if (!input.dryRun) await app.requireFinished(spec.name);
    if (input.ifMissing && newest) {
      await (await import('./create-found.ts')).checkPlaces(app, {
        ...{ backend, known, newest, destination },
        to: input.to,
      });
      return found(app, newest);
    }
    if (input.ifMissing) requireNames(provider, backend, known);
    if (!input.allowDowntime) requireRoom(provider, backend.capabilities, live);
    if (input.dryRun || !destination) return dryRun(app, spec);
    if (newest && backend.capabilities.overlap !== 'none') await noteSuperseded(app, named);

    app.begin();
    const { key, delivered } = await issueKey(backend, spec, {
      sinks: destination.sinks,
      known,
      nameless: !backend.capabilities.reports.includes('name'),
      single: backend.capabilities.maxKeys === 1,
      journal: await app.journal(),
      onSecret: (secret) => maskInCiLog(app.io, secret),
    });
    const requested = await echoStored(app, backend, spec, key);
    if (key.id === unidentified) {
      await app.warn('the API does not show which key it made: keys list --status all');
    } else if (!backend.capabilities.reports.includes('name')) {
      await app.warn(`the provider ${provider} keeps no names: name the key by its id, ${visible(key.id)}`);
    }
    if (backend.capabilities.maxKeys !== null) await noteReplaced(app, live, backend);
    if (destination.bare || destination.presented) return { kind: 'nothing' };
    for (const { sink, verified } of delivered) {
      await app.note(`delivered to ${sink}${verified ? ' and read back' : ''}`);
    }
    return created(await record(app, requested, key, delivered));
  },
});

type CreateInput = Input<typeof flags>;

/** What the key is asked to be, once that is known. */
interface Asked {
  spec?: KeySpec;
}

/** Where the secret will go. A dry run needs no place for it, but tells where the real run would be refused. */
async function chooseDestination(
  app: App,
  input: CreateInput,
  asked: Asked,
): Promise<Destination | undefined> {
  try {
    const destination = await resolveDestination(app.io, {
      context: sinkContextOf(app, input.allowInGit),
      to: input.to,
      secretOnly: input.secretOnly,
      format: app.output.format,
      fields: app.output.fields,
      present: async ({ key, delivered }, secret) => {
        const { capabilities } = await app.backend();
        const requested = requestedIn(asked.spec ? differences(asked.spec, key, capabilities) : []);
        const all = [...delivered, { sink: 'stdout', verified: false }];
        await printSecret(app, requested, key, all, secret);
      },
    });
    return input.dryRun ? undefined : destination;
  } catch (error) {
    if (!input.dryRun || !(error instanceof KeysError)) throw error;
    await app.warn(`without --dry-run this is refused: ${error.message}`);
    return undefined;
  }
}

async function printSecret(
  app: App,
  requested: Requested,
  key: Key,
  delivered: readonly Delivered[],
  secret: string,
): Promise<void> {
  await app.print(created({ ...(await record(app, requested, key, delivered)), secret }));
  if (app.io.stdout.isTTY) await app.note(shownOnce('secret'));
}

async function chooseName(app: App, operand: string | undefined): Promise<string> {
  const proposal = app.io.whoami();
  const asks = app.interactive && !app.globals.yes;
  const name = operand ?? (asks ? await app.ask('Name of the key', proposal) : proposal);
  if (operand === undefined && !asks) {
    await app.note(`no name given: the key is named ${visible(name)}`);
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
  app: App,
  requested: Requested,
  key: Key,
  delivered: readonly Delivered[],
): Promise<Created> {
  const { name: profile, provider } = await app.profile();
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

async function found(app: App, key: Key): Promise<Result> {
  await app.note(`a key named ${visible(key.name)} works already (${key.id}): nothing was created`);
  return created({ ...key, delivered: [], changed: false });
}

async function dryRun(app: App, spec: KeySpec): Promise<Result> {
  const { name: profile, provider } = await app.profile();
  const expires = spec.expiresAt?.getTime() ?? null;
  const status = statusOf({ revoked: false, disabled: false, expiresAt: expires }, app.now.getTime());
  const expiresAt = spec.expiresAt?.toISOString() ?? null;
  await app.note('dry run: nothing was created');
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
