import * as v from 'valibot';
import type { OwnedKey } from '../../authority/scoped-keys.ts';
import { HttpProblem } from '../../gateway/http-problem.ts';
import { name } from '../admin/shapes.ts';
import { readBody } from '../validation.ts';
import type { CompatApi } from './compat-api.ts';
import { callerOf, plainSpec } from './compat-api.ts';

const creation = v.object({ name });

/** d.run, "Manage Your API Keys": our reading of what its console shows. */
export const drun: CompatApi = {
  prefix: '/drun',
  errorBody: ({ code, message }) => ({ code, message }),
  mount(app, context) {
    app.post('/apis/v1/apikeys', async (request, reply) => {
      const keys = callerOf(context, request);
      const { id, secret } = keys.issue(plainSpec(readBody(creation, request).name));
      reply.code(201);
      return { ...listed(keys.get(id)), apiKey: secret.reveal() };
    });
    app.get('/apis/v1/apikeys', async (request) => {
      const keys = callerOf(context, request).list();
      return { items: keys.filter(({ key }) => key.status !== 'revoked').map(listed) };
    });
    app.delete<{ Params: { id: string } }>('/apis/v1/apikeys/:id', async (request, reply) => {
      if (!callerOf(context, request).revoke(request.params.id)) {
        throw new HttpProblem(404, 'KEY_NOT_FOUND', 'the key is already deleted');
      }
      reply.code(204);
    });
  },
};

/** The secret is shown once; here everything after its prefix is masked. */
function listed({ key }: OwnedKey): object {
  return { id: key.id, name: key.name, apiKey: `${key.prefix?.slice(0, 10)}****`, createdAt: key.createdAt };
}
