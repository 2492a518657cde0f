import type { HttpResponse } from '../http/response.ts';
import type { Provider, Toggle } from '../providers/declaration/provider.ts';
import { bodyOf, isInconclusive, meets } from './failure-body.ts';
import { readId } from './read-key.ts';
import { readStatus } from './read-status.ts';
import type { Part } from './select.ts';
import { select } from './select.ts';

/** What a key may stand in, besides the place that the declaration names. */
const wrappers = ['', 'data', 'result', 'key'];

/**
 * Whether a 2xx response confirms what the declaration says that it confirms: that the key is disabled now, or enabled. It
 * does not if it has a form in which servers refuse or postpone a call, or if anything in it shows the key as it was.
 */
export function confirmsToggle(
  response: HttpResponse,
  { ok, confirms }: Pick<Toggle, 'ok' | 'confirms'>,
  { key }: Pick<Provider, 'key'>,
  { id, disabled, keyPart }: { id: string; disabled: boolean; keyPart: Part | undefined },
): boolean {
  const body = bodyOf(response);
  const isTold = ok === undefined ? confirms !== undefined : body !== undefined && meets(body, ok);
  if (!isTold || isInconclusive(response, id)) return false;
  if (keyPart && readId(keyPart, key) !== id) return false;
  if (!body) return true;
  const around = wrappers.map((name) => select(body, name)).filter((one) => one !== undefined);
  return [...(keyPart ? [keyPart] : []), ...around].every((one) => !contradicts(one, key, disabled));
}

const offNames = /^(?:is)?(?:disabled|blocked|suspended|paused|inactive)$/;
const onNames = /^(?:is)?(?:enabled|active)$/;
const offWords = /^(?:disabled|blocked|suspended|paused|inactive|deactivated|revoked)$/i;
const onWords = /^(?:enabled|active|activated)$/i;

/** By the rules of the declaration, else by the names that most APIs use. */
function contradicts(from: Part, fields: Provider['key'], disabled: boolean): boolean {
  const { status: rules = [] } = fields;
  if (rules.some(({ at }) => select(from, at) !== undefined)) {
    const status = readStatus(from, fields, null, new Date(0));
    return disabled ? status === 'active' : status === 'disabled';
  }
  const { value } = from;
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([name, one]) => {
    const plainName = name.toLowerCase().replace(/[^a-z]/g, '');
    const [ownNames, otherNames] = disabled ? [offNames, onNames] : [onNames, offNames];
    if (ownNames.test(plainName)) return one === false;
    if (otherNames.test(plainName)) return one === true;
    const isWord = ['status', 'state'].includes(plainName) && typeof one === 'string';
    return isWord && (disabled ? onWords : offWords).test(one);
  });
}
