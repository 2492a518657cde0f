import { KeysError } from '../errors.ts';
import type { HttpResponse } from '../http/client.ts';
import type { Reason, Verdict } from '../lifecycle/ports.ts';
import type { Verification } from './provider.ts';
import { elements, part, select } from './select.ts';

const usualReading: Readonly<Record<number, Reason>> = {
  401: 'invalid',
  402: 'budget',
  403: 'forbidden',
  429: 'rate-limited',
};

/** What some APIs say more exactly than the status does. */
const codes: Readonly<Record<string, Reason>> = { EXPIRED_API_KEY: 'expired', REVOKED_API_KEY: 'revoked' };

/** What the answer to a harmless call, made with the key, says of the key. A server that cannot be asked decides nothing. */
export async function readVerdict(
  verification: Verification,
  ask: () => Promise<HttpResponse>,
): Promise<Verdict> {
  let response: HttpResponse;
  try {
    response = await ask();
  } catch (error) {
    if (error instanceof KeysError && error.failure.exit === 'network') return verdict('unreachable', null);
    throw error;
  }
  const { status } = response;
  if (status >= 200 && status < 300) return { ...verdict('ok', status), ...modelsIn(verification, response) };
  const code = codeIn(response);
  const reason = codes[code] ?? verification.reading?.[String(status)] ?? usualReading[status];
  return verdict(reason ?? (status >= 500 ? 'unreachable' : 'forbidden'), status);
}

/** Limits do not make a key invalid: it is what it should be, and may be used again. */
const validReasons = new Set<Reason>(['ok', 'no-models', 'budget', 'rate-limited']);

function verdict(reason: Reason, httpStatus: number | null): Verdict {
  return { valid: validReasons.has(reason), reason, httpStatus };
}

function modelsIn({ models }: Verification, response: HttpResponse): { models?: string[] } {
  const list = models === undefined ? undefined : select(part(response.json()), models);
  if (!list) return {};
  return {
    models: elements(list)
      .flatMap((item) => select(item, ['id', ''])?.value)
      .filter((id) => typeof id === 'string'),
  };
}

function codeIn(response: HttpResponse): string {
  try {
    return String(select(part(response.json()), ['error.code', 'code'])?.value ?? '');
  } catch {
    return '';
  }
}
