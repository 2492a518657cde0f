import { usageError } from '../base/errors.ts';
import type { KeyField, KeyInput } from './key.ts';
import type { Capabilities, LogField } from './ports.ts';

/*
 * Refuses what a provider cannot do before any call. Each message names the flag, says that the provider does not support
 * it, and what it supports instead.
 */

/** The flag that carries each input. */
const flags: Readonly<Record<KeyInput, string>> = {
  name: '--name',
  description: '--description',
  expiresAt: '--expires',
  permissions: '--permission',
  rateLimitRpm: '--rate-limit',
  budgetUsd: '--budget',
  models: '--models',
  labels: '--label',
};

/** Refuses fields that the API does not accept (exit 2). */
export function requireInputs(
  provider: string,
  doing: 'create' | 'update',
  inputs: readonly KeyInput[],
  capabilities: Capabilities,
): void {
  const acceptedInputs = doing === 'create' ? capabilities.createFields : capabilities.updateFields;
  const unsupportedInputs = inputs.filter((input) => !acceptedInputs.includes(input));
  if (unsupportedInputs.length === 0) return;
  const possible = acceptedInputs
    .filter((input) => doing === 'update' || input !== 'name')
    .map((input) => flags[input]);
  const nothing = doing === 'create' ? 'only a name' : 'nothing';
  const what = `${doing} accepts ${possible.join(', ') || nothing}`;
  throw usageError(
    unsupportedInputs.map((input) => `the provider ${provider} does not support ${flags[input]}: ${what}`),
    `keys provider show ${provider}`,
  );
}

type Ability =
  | 'create'
  | 'revoke'
  | 'logs'
  | 'logsByKey'
  | 'usage'
  | 'usageByDay'
  | 'update'
  | 'disable'
  | 'verify';

const abilities: Readonly<Record<Ability, string>> = {
  create: 'cannot create a key: its API has no call for that',
  revoke: 'cannot revoke a key: its API has no call for that',
  logs: 'does not report a log',
  logsByKey: 'does not report which key was used',
  usage: 'does not report usage',
  usageByDay: 'does not report usage by day',
  update: 'cannot change a key',
  disable: 'cannot disable a key, only revoke it',
  verify: 'has no call to verify a key',
};

/** Refuses what the API has no call for (exit 2). */
export function requireAbility(provider: string, ability: Ability, capabilities: Capabilities): void {
  if (capabilities[ability]) return;
  const ways = waysWithout[ability]?.(capabilities) ?? [];
  throw usageError(
    `the provider ${provider} ${abilities[ability]}`,
    ...ways,
    `keys provider show ${provider}`,
  );
}

/** What to do in place of a call that the API does not have. */
const waysWithout: Partial<Record<Ability, (capabilities: Capabilities) => readonly string[]>> = {
  create: (capabilities) => inConsole('create the key', capabilities),
  revoke: (capabilities) => [
    ...inConsole('revoke the key', capabilities),
    ...(capabilities.disable ? ['keys update <key> --disable'] : []),
  ],
};

/** The place where a person can do it; none if the declaration names none. */
export function inConsole(what: string, { console: place }: Capabilities): string[] {
  if (place === undefined) return [];
  return [`${what} ${URL.canParse(place) ? 'at' : 'in'} ${place}`];
}

/**
 * Refuses a rotation that the API has no calls for (exit 2): one of its own, or one to create the new key and one to end
 * the old key.
 */
export function requireRotation(
  provider: string,
  {
    capabilities,
    rotates,
    finishOnly,
  }: { capabilities: Capabilities; rotates: boolean; finishOnly: boolean },
): void {
  if (rotates) return;
  const canEnd = capabilities.revoke || capabilities.disable;
  if (canEnd && (capabilities.create || finishOnly)) return;
  const what = capabilities.create ? 'revoke or disable the old key' : 'create the new key';
  throw usageError(
    `the provider ${provider} cannot rotate a key: its API has no call to ${what}; nothing was changed`,
    ...(capabilities.create
      ? inConsole('revoke the old key', capabilities)
      : inConsole('create the new key', capabilities)),
    `keys provider show ${provider}`,
  );
}

/** Refuses to select log entries by what they do not tell apart (exit 2). */
export function requireLogFields(
  provider: string,
  fields: readonly LogField[],
  { logsWithout = [] }: Capabilities,
): void {
  const missingFields = fields.filter((field) => logsWithout.includes(field));
  if (missingFields.length === 0) return;
  throw usageError(
    missingFields.map(
      (field) =>
        `the provider ${provider} does not support --${field}: its log does not report the ${field} of requests`,
    ),
    `keys provider show ${provider}`,
  );
}

/** Refuses to select by a field that the API does not report (exit 2): absent does not mean never. */
export function requireReports(
  provider: string,
  selectors: readonly { flag: string; field: KeyField }[],
  capabilities: Capabilities,
): void {
  const missingFields = selectors.filter(({ field }) => !capabilities.reports.includes(field));
  if (missingFields.length === 0) return;
  throw usageError(
    missingFields.map(
      ({ flag, field }) => `the provider ${provider} does not support ${flag}: it does not report ${field}`,
    ),
    `keys provider show ${provider}`,
  );
}
