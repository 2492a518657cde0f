import * as v from 'valibot';
import type { OwnedKey } from '../../authority/scoped-keys.ts';
import { envelope, HttpProblem } from '../../gateway/http-problem.ts';
import { name } from '../admin/shapes.ts';
import { modelRoute } from '../data-plane.ts';
import { readBody } from '../validation.ts';
import type { CompatApi } from './compat-api.ts';
import { callerOf, epochSeconds, plainSpec } from './compat-api.ts';

const creation = v.object({ name });

/** Unreal AI, "API Key Management". A key is addressed by its hash, its id or its own value. */
export const unreal: CompatApi = {
  prefix: '/unreal',
  errorBody: envelope,
  mount(app, context) {
    modelRoute(app, context);
    app.post('/v1/keys', async (request) => {
      const keys = callerOf(context, request);
      const { id, secret } = keys.issue(plainSpec(readBody(creation, request).name));
      const { name, hash, created } = listed(keys.get(id));
      return { name, key: secret.reveal(), hash, created };
    });
    app.get('/v1/keys', async (request) => {
      const keys = callerOf(context, request).list();
      return { keys: keys.filter(({ key }) => key.status !== 'revoked').map(listed) };
    });
    app.get<{ Params: { key: string } }>('/v1/keys/:key', async (request) => {
      const requestedKey = callerOf(context, request).get(request.params.key);
      if (requestedKey.key.status === 'revoked') throw deleted();
      return { ...listed(requestedKey), usage: requestedKey.key.usage };
    });
    app.delete<{ Params: { key: string } }>('/v1/keys/:key', async (request) => {
      const keys = callerOf(context, request);
      if (!keys.revoke(request.params.key)) throw deleted();
      return { deleted: true };
    });
  },
};

/** The API has no status for deleted keys: they do not exist. */
function deleted(): HttpProblem {
  return new HttpProblem(404, 'KEY_NOT_FOUND', 'the key is already deleted');
}

function listed({ key, hash }: OwnedKey): { name: string; hash: string; created: number } {
  return { name: key.name, hash, created: epochSeconds(key.createdAt) };
}
