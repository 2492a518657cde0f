import { usageError } from '../base/errors.ts';
import type { KeyField, KeyInput } from './key.ts';
import type { Capabilities } from './ports.ts';

/*
 * What a provider cannot do is refused before any call, in one voice: what was asked, that it cannot be had here, and
 * what can.
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

/** Refuses inputs that the API has no place for (exit 2). */
export function requireInputs(
  provider: string,
  doing: 'create' | 'update',
  inputs: readonly KeyInput[],
  capabilities: Capabilities,
): void {
  const accepted = doing === 'create' ? capabilities.createFields : capabilities.updateFields;
  const lacking = inputs.filter((input) => !accepted.includes(input));
  if (lacking.length === 0) return;
  const possible = accepted
    .filter((input) => doing === 'update' || input !== 'name')
    .map((input) => flags[input]);
  const nothing = doing === 'create' ? 'only a name' : 'nothing';
  const what = `${doing} takes ${possible.join(', ') || nothing} there`;
  throw usageError(
    lacking.map((input) => `the provider ${provider} cannot honour ${flags[input]}: ${what}`),
    `keys provider show ${provider}`,
  );
}

type Ability = 'logs' | 'logsByKey' | 'usage' | 'usageByDay' | 'update' | 'disable' | 'verify';

const abilities: Readonly<Record<Ability, string>> = {
  logs: 'reports no log of uses',
  logsByKey: 'does not report which key was used',
  usage: 'reports no usage',
  usageByDay: 'reports no usage by day',
  update: 'cannot change a key',
  disable: 'cannot disable a key: it can only be revoked',
  verify: 'has no call that tells whether a key works',
};

/** Refuses what the API has no call for (exit 2). */
export function requireAbility(provider: string, ability: Ability, capabilities: Capabilities): void {
  if (capabilities[ability]) return;
  throw usageError(`the provider ${provider} ${abilities[ability]}`, `keys provider show ${provider}`);
}

/** Refuses to judge by a field that the API does not report (exit 2): absent is not the same as never. */
export function requireReports(
  provider: string,
  wanted: readonly { flag: string; field: KeyField }[],
  capabilities: Capabilities,
): void {
  const lacking = wanted.filter(({ field }) => !capabilities.reports.includes(field));
  if (lacking.length === 0) return;
  throw usageError(
    lacking.map(
      ({ flag, field }) => `the provider ${provider} cannot honour ${flag}: it does not report ${field}`,
    ),
    `keys provider show ${provider}`,
  );
}
