import * as v from 'valibot';
import { envelope, HttpProblem } from '../../gateway/http-problem.ts';
import { name } from '../admin/shapes.ts';
import { modelRoute } from '../data-plane.ts';
import { sendJson } from '../send-json.ts';
import { readBody } from '../validation.ts';
import type { CompatApi } from './compat-api.ts';
import { callerOf, plainSpec } from './compat-api.ts';
import { unrealKey } from './key-shapes.ts';

const creation = v.object({ name });

/** Unreal AI, "API Key Management". A key is addressed by its hash, its id or its own value. */
export const unreal: CompatApi = {
  prefix: '/unreal',
  errorBody: envelope,
  mount(app, context) {
    modelRoute(app, context);
    app.post('/v1/keys', async (request) => {
      const keys = await callerOf(context, request);
      const { id, secret } = await keys.issue(plainSpec(readBody(creation, request).name));
      const { name, hash, created } = unrealKey(await keys.get(id));
      return { name, key: secret.reveal(), hash, created };
    });
    app.get('/v1/keys', async (request, reply) => {
      const { caller } = await callerOf(context, request);
      return sendJson(reply, context.offload.ask(caller, 'unrealKeys', undefined));
    });
    app.get<{ Params: { key: string } }>('/v1/keys/:key', async (request) => {
      const keys = await callerOf(context, request);
      const requestedKey = await keys.get(request.params.key);
      if (requestedKey.key.status === 'revoked') throw deleted();
      return { ...unrealKey(requestedKey), usage: requestedKey.key.usage };
    });
    app.delete<{ Params: { key: string } }>('/v1/keys/:key', async (request) => {
      const keys = await callerOf(context, request);
      if (!(await keys.revoke(request.params.key))) throw deleted();
      return { deleted: true };
    });
  },
};

/** The API has no status for deleted keys: they do not exist. */
function deleted(): HttpProblem {
  return new HttpProblem(404, 'KEY_NOT_FOUND', 'the key is already deleted');
}
