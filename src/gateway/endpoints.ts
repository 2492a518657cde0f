import { HttpProblem } from './http-problem.ts';
import { ambiguous, isModelLike, modelsInText, validModels } from './model-names.ts';
import { pathOf, segmentsOf } from './upstream-path.ts';

/** What a key that is limited to models may call. */
export interface Endpoint {
  /** Its body names the model, in a member or a field `model`. */
  takesModel: boolean;
  /** Path and query, the query rewritten. */
  target: string;
  /** Models that path and query name. */
  models: readonly string[];
}

/** Where the model is a member of the body, below `/v1`. */
const generating = new Set(
  `
  chat/completions completions fim/completions embeddings moderations rerank
  responses responses/compact responses/input_tokens messages messages/count_tokens
  images/generations images/edits images/variations
  audio/speech audio/transcriptions audio/translations
  `
    .trim()
    .split(/\s+/),
);

/** Reads and ends what the endpoints above have made, by its id; `:model` must be one of the key's. */
const others: readonly [methods: readonly string[], path: RegExp][] = [
  [['GET', 'HEAD'], /^models(?:\/(?<model>.+))?$/],
  [['GET', 'HEAD', 'DELETE'], /^responses\/[^/]+$/],
  [['GET', 'HEAD'], /^responses\/[^/]+\/input_items$/],
  [['POST'], /^responses\/[^/]+\/cancel$/],
];

/**
 * The endpoint that a call is for. Throws 403 for any other, which could reach a model without naming it where it can be
 * checked, and 400 for a query that servers could read differently.
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
    const models = validModels([...query.models, ...(model === undefined ? [] : [model])]);
    return { takesModel: false, target: `${pathOf(target)}${query.text}`, models };
  }
  throw new HttpProblem(403, 'ENDPOINT_NOT_ALLOWED', 'a key limited to models may not call this endpoint');
}

function queryOf(target: string): { text: string; models: string[] } {
  const text = target.slice(pathOf(target).length + 1);
  const parameters = [...new URLSearchParams(text)];
  // Some servers take `;` for `&`, and some decode again what is still encoded after one decoding.
  if (text.includes(';') || parameters.some(([name]) => !/^[\w.[\]:-]{1,100}$/.test(name))) {
    throw ambiguous('servers could read the query differently');
  }
  const models = parameters.flatMap(([name, value]) =>
    isModelLike(name) ? [value] : modelsInText(name, value),
  );
  return {
    text: parameters.length > 0 ? `?${new URLSearchParams(parameters)}` : '',
    models: validModels(models),
  };
}
