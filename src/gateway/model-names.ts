import { HttpFault } from './http-problem.ts';
import type { Watch, Watched } from './json-text.ts';
import { JsonFault, readJson } from './json-text.ts';

/** What the names of members, fields and parameters hold by which servers choose a model. */
const modelWords = /model|engine|deployment|fallback|route|preset|lora|adapter|checkpoint/;

/** Models that one call may name. */
const mostModels = 20;

/** The longest name of a model, in characters. */
export const longestModel = 256;

/** Whether a name may be that of a choice of a model: `Model`, `fallbacks`, `model[]`, `session.modelId`, `x-engine`. */
export function isModelLike(name: string): boolean {
  return modelWords.test(lettersOf(name));
}

/** Whether some server may take a name for `model`, though it is written in another way. */
export function isOddModel(name: string): boolean {
  return name !== 'model' && lettersOf(name) === 'model';
}

function lettersOf(name: string): string {
  return name.normalize('NFKC').toLowerCase().replace(/\P{L}/gu, '');
}

/** Watches for what may choose a model, at any depth. */
export const watchModels: Watch = (path, first) =>
  isModelLike(path.at(-1) ?? '') && !isDefinition(path, first) && !isToolInput(path);

/** `model` as the name of a tool's parameter, or of a field of an answer: its JSON Schema describes it. */
function isDefinition(path: readonly string[], first: string): boolean {
  return (
    first === '{' &&
    ['tools', 'functions', 'response_format', 'text'].includes(path[0] ?? '') &&
    path.some((name) => ['parameters', 'input_schema', 'schema'].includes(name)) &&
    ['properties', '$defs', 'definitions'].includes(path.at(-2) ?? '')
  );
}

/** What a model has called a tool with, in a conversation: `messages[].content[].input`. */
function isToolInput([first, second, third]: readonly string[]): boolean {
  return first === 'messages' && second === 'content' && third === 'input';
}

/** Every model that was watched for. Throws 400 for what is no name. */
export function modelsIn(watched: readonly Watched[]): string[] {
  return named(watched.flatMap(({ text }) => leavesOf(JSON.parse(text))));
}

/** What people and models have written is never read as settings, whatever it looks like. */
const proseWords = new Set(['prompt', 'input', 'instructions', 'system', 'query', 'suffix', 'text']);

/**
 * Every model that a field or a parameter names whose text may be JSON. Throws 400 where it is JSON for lenient readers
 * only, and may name one.
 */
export function modelsInText(name: string, text: string): string[] {
  if (proseWords.has(name) || !/^\s*[[{]/.test(text)) return [];
  try {
    return modelsIn(readJson(text, watchModels).watched);
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error;
    if (isModelLike(text)) throw ambiguous('the request has a text that could name a model');
    return [];
  }
}

/** The names, each once. Throws 400 where they are too many, or too long. */
export function named(names: readonly string[]): string[] {
  const models = [...new Set(names)];
  if (models.length > mostModels) throw ambiguous('the request names too many models');
  if (models.some((model) => model.length > longestModel))
    throw ambiguous('the request names a model with a name that is too long');
  return models;
}

function leavesOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  // A number could be the number of a model; what is true, false or null names none.
  if (typeof value === 'number') throw ambiguous('the request names a model by a number');
  return value instanceof Object ? Object.values(value).flatMap(leavesOf) : [];
}

export function ambiguous(message: string): HttpFault {
  return new HttpFault(400, 'MODEL_AMBIGUOUS', message);
}
