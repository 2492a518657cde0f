import type { Secret } from '../base/secret.ts';

/**
 * Takes a secret that is made here, before the call that sends it; if it throws, there is no call. `isFinal`: the API stores
 * it as it is sent.
 */
export type BeforeSending = (sending: { secret: Secret; isFinal: boolean }) => Promise<void>;
