import { HttpFault } from './http-problem.ts';
import { ambiguous, isModelLike, modelsInText, named } from './model-names.ts';
import { segmentsOf } from './upstream-target.ts';

/** What a key may call that is limited to models. */
export interface Endpoint {
  /** Its body names the model: a member or a field `model`. */
  takesModel: boolean;
  /** Path and query, the query written anew. */
  target: string;
  /** Models that the address names. */
  models: readonly string[];
}

/** Where the model is a member of the body, below `/v1`. */
const generating = new Set([
  ...['chat/completions', 'completions', 'fim/completions', 'embeddings', 'moderations', 'rerank'],
  ...['responses', 'responses/compact', 'responses/input_tokens', 'messages', 'messages/count_tokens'],
  ...['images/generations', 'images/edits', 'images/variations'],
  ...['audio/speech', 'audio/transcriptions', 'audio/translations'],
]);

/** What is read, and ended, by the id of what an endpoint above has made; `:model` has to be one of the key's. */
const others: readonly [methods: readonly string[], path: RegExp][] = [
  [['GET', 'HEAD'], /^models(?:\/(?<model>.+))?$/],
  [['GET', 'HEAD', 'DELETE'], /^responses\/[^/]+$/],
  [['GET', 'HEAD'], /^responses\/[^/]+\/input_items$/],
  [['POST'], /^responses\/[^/]+\/cancel$/],
];

/**
 * The endpoint that a call is for; any other could reach a model without naming it where it can be checked. Throws 403
 * for another one, and 400 for a query that servers could read in another way.
 */
export function endpointFor(method: string, target: string): Endpoint {
  const path = segmentsOf(target)?.slice(1).join('/') ?? '';
  const query = queryOf(target);
  if (method === 'POST' && generating.has(path)) {
    return { takesModel: true, target: `/v1/${path}${query.text}`, models: query.models };
  }
  for (const [methods, pattern] of others) {
    const match = pattern.exec(path);
    if (!match || !methods.includes(method)) continue;
    const model = match.groups?.model;
    const models = named([...query.models, ...(model === undefined ? [] : [model])]);
    return { takesModel: false, target: `${pathOf(target)}${query.text}`, models };
  }
  throw new HttpFault(
    403,
    'ENDPOINT_NOT_ALLOWED',
    'a key that is limited to models may not call this address',
  );
}

function pathOf(target: string): string {
  return target.split('?', 1)[0] ?? '';
}

function queryOf(target: string): { text: string; models: string[] } {
  const text = target.slice(pathOf(target).length + 1);
  const parameters = [...new URLSearchParams(text)];
  // Some servers take `;` for `&`, and what is still encoded after one decoding is decoded again by some.
  if (text.includes(';') || parameters.some(([name]) => !/^[\w.[\]:-]{1,100}$/.test(name))) {
    throw ambiguous('the query can be read in more than one way');
  }
  const models = parameters.flatMap(([name, value]) =>
    isModelLike(name) ? [value] : modelsInText(name, value),
  );
  return {
    text: parameters.length > 0 ? `?${new URLSearchParams(parameters)}` : '',
    models: named(models),
  };
}
