import type { FastifyRequest } from 'fastify';
import type { BaseIssue, GenericSchema, InferOutput } from 'valibot';
import { getDotPath, safeParse } from 'valibot';
import { isStorable } from '../authority/database/stored-text.ts';
import { HttpFault } from '../gateway/http-problem.ts';
import type { Watch } from '../gateway/json-text.ts';
import { JsonFault, readJson } from '../gateway/json-text.ts';

/** The body of a request, checked. Throws 400 that names the place of the first fault and what is expected there. */
export function readBody<const S extends GenericSchema>(schema: S, { body }: FastifyRequest): InferOutput<S> {
  const given = Buffer.isBuffer(body) ? parseJson(body.toString('utf8')) : (body ?? {});
  if (Array.isArray(given)) throw invalid('', 'expected an object');
  return check(schema, given);
}

/** The query of a request, checked. Throws 400. */
export function readQuery<const S extends GenericSchema>(
  schema: S,
  { query }: FastifyRequest,
): InferOutput<S> {
  return check(schema, query);
}

/** The value of a JSON text within bounds: nothing that handles it later can be overwhelmed. Throws 400. */
export function parseJson(text: string): unknown {
  try {
    readJson(text, refusePrototype);
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof JsonFault) throw invalid('', error.message);
    throw error;
  }
}

/** A name that means more to JavaScript than to whoever wrote it. */
const refusePrototype: Watch = (path) => {
  if (path.at(-1) === '__proto__') throw new JsonFault('a member is named __proto__');
  return false;
};

/** The message never repeats a value: it may be a secret in the wrong place. */
function check<const S extends GenericSchema>(schema: S, value: unknown): InferOutput<S> {
  refuseUnstorable(value);
  const { success, output, issues } = safeParse(schema, value, { abortEarly: true, message: expectation });
  if (success) return output;
  const [issue] = issues;
  const path = getDotPath(issue) ?? '';
  if (issue.expected === 'never') throw invalid(path, 'there is no such field');
  throw invalid(path, issue.input === undefined ? 'missing' : issue.message);
}

/** Throws 400 for a text, at any depth, that cannot be stored: JSON also has NUL, and halves of characters. */
function refuseUnstorable(value: unknown): void {
  const rest: [path: string, value: unknown][] = [['', value]];
  for (let next = rest.pop(); next; next = rest.pop()) {
    const [path, part] = next;
    if (typeof part === 'string' && !isStorable(part)) throw unstorable(path);
    if (typeof part !== 'object' || part === null) continue;
    for (const [name, member] of Object.entries(part)) {
      if (!isStorable(name)) throw unstorable(path);
      rest.push([path === '' ? name : `${path}.${name}`, member]);
    }
  }
}

function unstorable(path: string): HttpFault {
  return invalid(path, 'expected text without NUL and without lone surrogates');
}

/** Where a shape has no words of its own: those of valibot quote what was received. */
function expectation({ expected, type }: BaseIssue<unknown>): string {
  return `expected ${expected ?? type.replaceAll('_', ' ')}`;
}

export function invalid(path: string, problem: string): HttpFault {
  return new HttpFault(400, 'VALIDATION_FAILED', path === '' ? problem : `${path}: ${problem}`, { path });
}
