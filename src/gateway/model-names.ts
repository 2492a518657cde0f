import { HttpProblem } from './http-problem.ts';
import { InvalidJson, readJson } from './json-text.ts';

/** Words in the names of members, fields and parameters by which servers choose a model. */
const modelWords = /model|engine|deployment|fallback|route|preset|lora|adapter|checkpoint/;

/** Models that one call may name. */
const maxModels = 20;

/** The longest name of a model, in characters. */
export const maxModelLength = 256;

/** Whether a name may choose a model: `Model`, `fallbacks`, `model[]`, `session.modelId`, `x-engine`. */
export function isModelLike(name: string): boolean {
  return modelWords.test(lettersOf(name));
}

/** Whether some server may read a name as `model` although it is spelled differently. */
export function isOddModel(name: string): boolean {
  return name !== 'model' && lettersOf(name) === 'model';
}

function lettersOf(name: string): string {
  return name.normalize('NFKC').toLowerCase().replace(/\P{L}/gu, '');
}

/**
 * Every model that a JSON value names, at any depth. Throws 400 for a model named by a number, and for too many or too
 * long names.
 */
export function modelsIn(value: unknown): string[] {
  return validModels([...modelsBelow(value, [])]);
}

function* modelsBelow(value: unknown, path: readonly string[]): Iterable<string> {
  if (Array.isArray(value)) {
    for (const item of value) yield* modelsBelow(item, path);
  } else if (value instanceof Object) {
    for (const [name, member] of Object.entries(value)) {
      const memberPath = [...path, name];
      if (choosesModel(memberPath, member)) yield* leavesOf(member);
      yield* modelsBelow(member, memberPath);
    }
  }
}

function choosesModel(path: readonly string[], value: unknown): boolean {
  return isModelLike(path.at(-1) ?? '') && !isDefinition(path, value) && !isToolInput(path);
}

/** `model` as a parameter of a tool, or as a field of a response format, described by its JSON Schema. */
function isDefinition(path: readonly string[], value: unknown): boolean {
  return (
    value instanceof Object &&
    !Array.isArray(value) &&
    ['tools', 'functions', 'response_format', 'text'].includes(path[0] ?? '') &&
    path.some((name) => ['parameters', 'input_schema', 'schema'].includes(name)) &&
    ['properties', '$defs', 'definitions'].includes(path.at(-2) ?? '')
  );
}

/** What a model passed to a tool, in a conversation: `messages[].content[].input`. */
function isToolInput([first, second, third]: readonly string[]): boolean {
  return first === 'messages' && second === 'content' && third === 'input';
}

function* leavesOf(value: unknown): Iterable<string> {
  if (typeof value === 'string') yield value;
  // A number could identify a model; true, false and null cannot.
  else if (typeof value === 'number') throw ambiguous('the request names a model by a number');
  else if (value instanceof Object) for (const member of Object.values(value)) yield* leavesOf(member);
}

/** Fields with text of people and models, which is never read as settings, whatever it looks like. */
const proseFields = new Set(['prompt', 'input', 'instructions', 'system', 'query', 'suffix', 'text']);

/**
 * Every model named by a field or a parameter whose text may be JSON. Throws 400 if only lenient parsers take the text for
 * JSON and it may name a model.
 */
export function modelsInText(name: string, text: string): string[] {
  if (proseFields.has(name) || !/^\s*[[{]/.test(text)) return [];
  try {
    readJson(text, { unique: true });
  } catch (error) {
    if (!(error instanceof InvalidJson)) throw error;
    if (isModelLike(text)) throw ambiguous('a text in the request could name a model');
    return [];
  }
  return modelsIn(JSON.parse(text));
}

/** The names, each once. Throws 400 if there are too many, or one is too long. */
export function validModels(names: readonly string[]): string[] {
  const models = [...new Set(names)];
  if (models.length > maxModels) throw ambiguous('the request names too many models');
  if (models.some((model) => model.length > maxModelLength))
    throw ambiguous('the name of a model is too long');
  return models;
}

export function ambiguous(message: string): HttpProblem {
  return new HttpProblem(400, 'MODEL_AMBIGUOUS', message);
}
