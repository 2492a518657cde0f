import type { Secret } from '../base/secret.ts';
import { isChange } from '../providers/declaration/call.ts';
import type { Operation } from '../providers/declaration/operation.ts';
import { secretsIn } from '../providers/declaration/placeholder.ts';
import type { ErrorContext } from './api-error.ts';
import type { ApiOptions } from './api-options.ts';

/** What an error of a call has to know: how to read it, what to hide, and what was sent. */
export function errorContextOf(
  { provider, profile }: ApiOptions,
  operation: Operation,
  { sent, isAccepted }: { sent: Iterable<Secret>; isAccepted: boolean },
): ErrorContext {
  return {
    provider,
    profile,
    sentSecrets: [...sent],
    secrets: secretsIn(provider, operation),
    mayQuote: isChange(provider, operation),
    isAccepted,
  };
}
