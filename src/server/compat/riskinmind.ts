import * as v from 'valibot';
import type { OwnedKey } from '../../authority/scoped-keys.ts';
import { envelope, HttpProblem } from '../../gateway/http-problem.ts';
import { sendJson } from '../send-json.ts';
import { readBody, readQuery } from '../validation.ts';
import type { CompatApi } from './compat-api.ts';
import { callerOf, plainSpec } from './compat-api.ts';
import { paging } from './paging.ts';

const generation = v.object({ label: v.optional(v.pipe(v.string(), v.maxLength(120))) });

/** RiskInMind, "API Keys (/api/v1/keys)": one key per user. The document does not define `generate` for a user that has one. */
export const riskinmind: CompatApi = {
  prefix: '/riskinmind',
  errorBody: envelope,
  mount(app, context) {
    const current = '/api/v1/keys';
    // The document has the trailing slash.
    for (const url of [`${current}/`, current]) {
      app.get(url, async (request) => {
        const keys = await callerOf(context, request);
        const single = await keys.single();
        return { success: true, data: single ? shown(single) : null };
      });
    }
    app.post(`${current}/generate`, async (request) => {
      const keys = await callerOf(context, request);
      const { label = '' } = readBody(generation, request);
      const { id, secret } = await keys.issue(plainSpec(label.trim() || 'api-key'), { single: true });
      const { key } = await keys.get(id);
      return { success: true, data: { apiKey: secret.reveal(), createdAt: key.createdAt } };
    });
    app.post(`${current}/regenerate`, async (request) => {
      const keys = await callerOf(context, request);
      const { secret } = await keys.rotate(needed(await keys.single()).key.id, { grace: 0 });
      return { success: true, data: { apiKey: secret.reveal(), message: 'Key regenerated successfully.' } };
    });
    app.post(`${current}/revoke`, async (request) => {
      const keys = await callerOf(context, request);
      await keys.revoke(needed(await keys.single()).key.id);
      return { success: true, message: 'API Key revoked successfully.' };
    });
    app.get(`${current}/logs`, async (request, reply) => {
      const { caller } = await callerOf(context, request);
      return sendJson(reply, context.offload.ask(caller, 'riskinmindLogs', readQuery(paging, request)));
    });
  },
};

function needed(key: OwnedKey | undefined): OwnedKey {
  if (key) return key;
  throw new HttpProblem(404, 'NO_ACTIVE_KEY', 'there is no active key');
}

function shown({ key }: OwnedKey): object {
  const status =
    key.status === 'expiring' ? 'ACTIVE' : key.status === 'disabled' ? 'INACTIVE' : key.status.toUpperCase();
  return { keyId: key.id, keySnippet: `${key.prefix?.slice(0, 10)}...`, status, createdAt: key.createdAt };
}
