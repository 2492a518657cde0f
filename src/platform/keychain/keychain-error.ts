import type { ErrorCode } from '../../base/error-codes.ts';
import { interrupted, KeysError } from '../../base/errors.ts';
import { maskSecrets } from '../../base/secret.ts';
import { secretVariable } from '../env.ts';
import type { KeychainFault } from './keychain-fault.ts';

/** The call that failed. */
export interface KeychainCall {
  /** As `Keychain.describe()`. */
  keychain: string;
  service: 'tokens' | 'secrets' | 'owners' | 'escrow';
  account: string;
  /** The time after which the keychain counts as silent. */
  timeoutMs: number;
  isLinux: boolean;
}

/**
 * What a fault means (exit 4): `keychain_absent`, `keychain_locked`, `keychain_silent`, else `keychain_failed`. None of
 * them claims that the user is not logged in: that is not known. The texts matched are those of @napi-rs/keyring 2.1.2,
 * and of Apple's SecCopyErrorMessageString for errSecInteractionNotAllowed, errSecAuthFailed and errSecUserCanceled.
 */
export function keychainError(fault: KeychainFault, call: KeychainCall): KeysError {
  const { keychain, timeoutMs } = call;
  const text = maskSecrets(fault.message);
  if (fault.kind === 'interrupted') return interrupted();
  if (fault.kind === 'silent' || /did not receive a reply/i.test(text)) {
    const message = `the ${keychain} does not answer (waited ${timeoutMs / 1000} s); it may be asking for its password`;
    return failure('keychain_silent', message, call, fault);
  }
  if (
    /prompt (was )?dismissed|\blocked\b|interaction is not allowed|passphrase|user cancell?ed/i.test(text)
  ) {
    return failure('keychain_locked', `the ${keychain} is locked (${text})`, call, fault);
  }
  if (fault.kind === 'unopened') {
    return failure('keychain_absent', `no ${keychain} is available (${text})`, call, fault);
  }
  if (/no result found/i.test(text)) {
    const message = `the ${keychain} has no keyring yet (${text})`;
    return failure('keychain_absent', message, call, fault);
  }
  return failure('keychain_failed', `the ${keychain} failed (${text})`, call, fault);
}

function failure(code: ErrorCode, message: string, call: KeychainCall, cause: unknown): KeysError {
  return new KeysError({ code, message, hints: hints(call), cause });
}

function hints(call: KeychainCall): string[] {
  const { isLinux, service } = call;
  const alternatives = alternativesTo[service](call);
  if (!isLinux) return alternatives;
  return [
    ...alternatives,
    // The daemon takes its whole input for the password: a line end would be part of it.
    'or start a keyring, which works without a desktop and on WSL: ' +
      `dbus-run-session -- bash -c 'read -rsp "Password of the keyring: " p; printf %s "$p" | ` +
      `gnome-keyring-daemon --unlock --components=secrets; exec "$SHELL"'`,
  ];
}

const fileInstead = 'use a file instead: file:PATH or env:PATH#NAME';

/** What to do without the keychain. */
const alternativesTo: Readonly<Record<KeychainCall['service'], (call: KeychainCall) => string[]>> = {
  tokens: ({ account }) => {
    const [, profile = '', secret] = /^([^@]*)@[^#]*(?:#(.+))?$/.exec(account) ?? [];
    return [
      secret === undefined
        ? 'pass the token with each call: KEYS_TOKEN, or KEYS_TOKEN_FILE=PATH (keys help environment)'
        : `pass the secret with each call: ${secretVariable(secret)}`,
      `or store it in a file that only you can read: keys login --store file --profile ${profile}`,
    ];
  },
  secrets: () => [fileInstead],
  owners: () => [fileInstead],
  escrow: () => ['it holds the secret of a new key: unlock it, then run: keys recover'],
};
