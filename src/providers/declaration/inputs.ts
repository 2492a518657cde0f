import { keyInputs } from '../../keys/key.ts';
import type { LogQuery, UsageQuery } from '../../keys/ports.ts';
import { amountStyles, expiryStyles, graceStyles, idStyles, listStyles, momentStyles } from './styles.ts';

/* What the templates of each call can be filled with. */

const logInputs = [
  'keyId',
  'since',
  'until',
  'status',
  'method',
  'pathPrefix',
] as const satisfies readonly (keyof LogQuery)[];
const usageInputs = ['by', 'since', 'keyId'] as const satisfies readonly (keyof UsageQuery)[];

interface CallInputs {
  inputs: readonly string[];
  /** Those that have a value in every call: only they may stand in a path or inside a longer text. */
  always: readonly string[];
}

const ofOneKey: CallInputs = { inputs: ['id', ...keyInputs], always: ['id'] };
const none: CallInputs = { inputs: [], always: [] };

/** Every call of a provider, with its inputs. */
export const callInputs = {
  list: none,
  show: ofOneKey,
  create: { inputs: [...keyInputs, 'newSecret'], always: ['name', 'newSecret'] },
  rotate: { inputs: ['id', ...keyInputs, 'grace', 'newSecret'], always: ['id', 'grace', 'newSecret'] },
  update: ofOneKey,
  disable: ofOneKey,
  enable: ofOneKey,
  revoke: ofOneKey,
  logs: { inputs: logInputs, always: [] },
  usage: { inputs: usageInputs, always: ['by'] },
  verify: { inputs: ['key'], always: ['key'] },
  whoami: none,
  logout: none,
} as const satisfies Record<string, CallInputs>;

export type CallName = keyof typeof callInputs;

/** What the templates of anything that is sent can be filled with. */
export const requestInputs = {
  ...callInputs,
  exchange: { inputs: ['token'], always: ['token'] },
} as const satisfies Record<string, CallInputs>;

/** A call of a provider, or the exchange of the session token. */
export type RequestName = keyof typeof requestInputs;

/** The inputs that are secrets: they may stand in a body only. */
export const secretInputs: readonly string[] = ['key', 'newSecret', 'token'];

/** The inputs that need a style, with the styles to choose from. */
export const requiredStyles: Styles = {
  expiresAt: expiryStyles,
  since: momentStyles,
  until: momentStyles,
  grace: graceStyles,
};

/** The inputs that may have a style. */
export const optionalStyles: Styles = {
  budgetUsd: amountStyles,
  permissions: listStyles,
  models: listStyles,
  id: idStyles,
};

type Styles = Readonly<Record<string, Readonly<Record<string, { meaning: string }>>>>;
