import type { Secret } from '../base/secret.ts';
import type { Verification } from '../providers/declaration/verification.ts';
import type { Api } from './api.ts';
import { part, select } from './select.ts';

/** The id of the key that a credential is, as the call that verifies it reports; undefined if it reports none. */
export async function identifyKey(
  api: Api,
  verify: Verification,
  credential: Secret,
): Promise<string | undefined> {
  const response = await api.sendAs(verify, credential);
  if (response.status >= 300) return undefined;
  const id = select(part(response.json()), verify.id ?? '')?.value;
  return typeof id === 'string' || typeof id === 'number' ? String(id) : undefined;
}
