import * as v from 'valibot';
import { HttpProblem } from '../../gateway/http-problem.ts';
import { name } from '../admin/shapes.ts';
import { sendJson } from '../send-json.ts';
import { readBody } from '../validation.ts';
import type { CompatApi } from './compat-api.ts';
import { callerOf, plainSpec } from './compat-api.ts';
import { drunKey } from './key-shapes.ts';

const creation = v.object({ name });

/** d.run, "Manage Your API Keys": our reading of what its console shows. */
export const drun: CompatApi = {
  prefix: '/drun',
  errorBody: ({ code, message }) => ({ code, message }),
  mount(app, context) {
    app.post('/apis/v1/apikeys', async (request, reply) => {
      const keys = await callerOf(context, request);
      const { id, secret } = await keys.issue(plainSpec(readBody(creation, request).name));
      reply.code(201);
      return { ...drunKey(await keys.get(id)), apiKey: secret.reveal() };
    });
    app.get('/apis/v1/apikeys', async (request, reply) => {
      const { caller } = await callerOf(context, request);
      return sendJson(reply, context.offload.ask(caller, 'drunKeys', undefined));
    });
    app.delete<{ Params: { id: string } }>('/apis/v1/apikeys/:id', async (request, reply) => {
      const keys = await callerOf(context, request);
      if (!(await keys.revoke(request.params.id))) {
        throw new HttpProblem(404, 'KEY_NOT_FOUND', 'the key is already deleted');
      }
      reply.code(204);
    });
  },
};
