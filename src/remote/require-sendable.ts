import { Secret } from '../base/secret.ts';
import { sendable, unsendable } from '../http/wire.ts';
import { optionVariable, secretVariable } from '../platform/env.ts';
import { namesIn } from '../providers/declaration/placeholder.ts';

/**
 * Throws `KeysError` (2), before the request and without the value, for a header that HTTP cannot carry. The hints say where
 * the values come from that its template names.
 */
export function requireSendable(header: string, value: Secret | string, template: string): void {
  const isSendable = value instanceof Secret ? value.matches(sendable) : sendable.test(value);
  if (!isSendable) throw unsendable(header, namesIn({ headers: { [header]: template } }).flatMap(hintsFor));
}

function hintsFor(input: string): string[] {
  const [, kind, name = ''] = /^(option|secret)\.(.+)$/.exec(input) ?? [];
  if (kind === 'option') return [`keys login --option ${name}=VALUE`, `or set ${optionVariable(name)}`];
  if (kind === 'secret') return [`set ${secretVariable(name)} to a value without line breaks, or keys login`];
  return [];
}

/** As `requireSendable`, for a key that is tried out in place of the session token. */
export function requireSendableKey(header: string, key: Secret): void {
  if (!key.matches(sendable))
    throw unsendable(header, ['it is the key: check its value, without quotes and line breaks']);
}
