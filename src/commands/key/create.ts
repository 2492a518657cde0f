import type { Context } from '../../app/context.ts';
import { creationDestination, creationServices } from '../../app/creation-services.ts';
import { InvalidValue, usageError } from '../../base/errors.ts';
import type { Input } from '../../cli/define.ts';
import { defineCommand, toggle } from '../../cli/define.ts';
import { requireAbility } from '../../keys/capability-check.ts';
import { keyFields } from '../../keys/key.ts';
import type { CreationServices } from '../../keys/operations/create.ts';
import { createKey } from '../../keys/operations/create.ts';
import type { KeyBackend, KeySpec } from '../../keys/ports.ts';
import { createdResult } from '../../output/created-result.ts';
import { agentIn } from '../../platform/env.ts';
import { destinationFlags } from '../flags/destination-flags.ts';
import { checkCapabilities, keyFlags, readName } from '../flags/key-flags.ts';

const fields = [...keyFields, 'secret', 'delivered', 'changed', 'expiresAtRequested', 'requested', 'dryRun'];

const flags = {
  ...keyFlags,
  ifMissing: toggle('--if-missing', 'create nothing if an active key has this name'),
  dryRun: toggle('--dry-run', 'show what would be created'),
  allowDowntime: toggle('--allow-downtime', 'create the key even if it replaces one that works'),
  ...destinationFlags,
};

export const create = defineCommand({
  operands: '[name]',
  summary: 'create a key; its secret is shown or delivered once',
  description: [
    'Without a name, keys asks on a terminal for it and for whatever else the provider can set and no flag does, and',
    'prints the command that creates the same key; elsewhere, the name is <login name>-<host>. A name may be used again: it',
    'then means the newest key that is not revoked, and the older key is superseded.',
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
      return ['--if-missing cannot print the secret of a key that exists: pass --json, or --to a file'];
    }
    return [];
  },
  async run(context, input) {
    const { ifMissing, allowDowntime, dryRun } = input;
    const services = await creationServices(context);
    const { backend, profile } = services;
    requireAbility(profile.provider, 'create', backend.capabilities);
    const filled = mayGuide(context, input) ? await fillForm(context, services, input) : input;
    const to = filled.to.map(({ text }) => text);
    const destination = await creationDestination(context, { ...filled, to });
    checkCapabilities(profile.provider, backend, filled, context.now);
    const spec = toSpec(await chooseName(context, filled.operands[0]), backend, filled);
    const record = await createKey(services, { spec, ifMissing, allowDowntime, dryRun }, destination);
    return record ? createdResult(record) : { kind: 'nothing' };
  },
});

/** Whether a person who has named no key is asked for everything else, too, and not a script, a coding agent or a pipe. */
function mayGuide(context: Context, { operands }: { operands: readonly string[] }): boolean {
  const isForPerson =
    context.isHumanOutput && context.io.stdout.isTTY && agentIn(context.io.env) === undefined;
  return operands.length === 0 && isForPerson && context.interactive && !context.globals.yes;
}

async function fillForm(
  context: Context,
  services: CreationServices,
  input: Input<typeof flags>,
): Promise<Input<typeof flags>> {
  const { fillCreationForm } = await import('./creation-form.ts');
  return fillCreationForm(context, services, input);
}

async function chooseName(context: Context, operand: string | undefined): Promise<string> {
  const name = operand ?? (await askForName(context));
  try {
    return readName(name);
  } catch (error) {
    throw error instanceof InvalidValue ? usageError(error.message) : error;
  }
}

async function askForName(context: Context): Promise<string> {
  const proposal = context.io.whoami();
  if (context.interactive && !context.globals.yes) return context.ask('Name of the key', proposal);
  await context.note(`no name given: the key is named ${proposal}`);
  return proposal;
}

function toSpec(
  name: string,
  { capabilities, permissions }: KeyBackend,
  input: Input<typeof flags>,
): KeySpec {
  const permissionList = [...new Set(input.permission.flat())];
  // The least permission that makes a key useful.
  const least = capabilities.createFields.includes('permissions') ? (permissions ?? []).slice(0, 1) : [];
  return {
    name,
    description: input.description || null,
    expiresAt: input.expires ?? null,
    permissions: permissionList.length > 0 ? permissionList : least,
    rateLimitRpm: input.rateLimit ?? null,
    budgetUsd: input.budget ?? null,
    models: [...new Set(input.models.flat())],
    labels: Object.fromEntries(input.label),
  };
}
