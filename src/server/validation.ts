import type { FastifyRequest } from 'fastify';
import type { BaseIssue, GenericSchema, InferOutput } from 'valibot';
import { getDotPath, safeParse } from 'valibot';
import { isStorable } from '../authority/store/stored-text.ts';
import { HttpProblem } from '../gateway/http-problem.ts';
import { InvalidJson, readJson } from '../gateway/json-text.ts';

/** The body of a request, validated. Throws 400 with the path of the first error and what is expected there. */
export function readBody<const S extends GenericSchema>(schema: S, { body }: FastifyRequest): InferOutput<S> {
  const value = Buffer.isBuffer(body) ? parseJson(body.toString('utf8')) : (body ?? {});
  if (Array.isArray(value)) throw invalid('', 'expected an object');
  return check(schema, value);
}

/** The query of a request, validated. Throws 400. */
export function readQuery<const S extends GenericSchema>(
  schema: S,
  { query }: FastifyRequest,
): InferOutput<S> {
  return check(schema, query);
}

/** The value of a JSON text within bounds: nothing that handles it later can be overwhelmed. Throws 400. */
export function parseJson(text: string): unknown {
  try {
    readJson(text);
  } catch (error) {
    if (error instanceof InvalidJson) throw invalid('', error.message);
    throw error;
  }
  return JSON.parse(text);
}

/** The message never repeats a value: it may be a secret in the wrong place. */
function check<const S extends GenericSchema>(schema: S, value: unknown): InferOutput<S> {
  refuseUnstorable(value);
  const { success, output, issues } = safeParse(schema, value, { abortEarly: true, message: expectation });
  if (success) return output;
  const [issue] = issues;
  const path = getDotPath(issue) ?? '';
  if (issue.expected === 'never') throw invalid(path, 'unknown field');
  throw invalid(path, issue.input === undefined ? 'missing' : issue.message);
}

/**
 * Throws 400 for a text, at any depth, that cannot be stored (JSON also has NUL and lone surrogates), and for a name that
 * has a meaning of its own in JavaScript.
 */
function refuseUnstorable(value: unknown): void {
  const pending: [path: string, value: unknown][] = [['', value]];
  for (let next = pending.pop(); next; next = pending.pop()) {
    const [path, part] = next;
    if (typeof part === 'string' && !isStorable(part)) throw unstorable(path);
    if (typeof part !== 'object' || part === null) continue;
    for (const member of storableMembers(path, part)) pending.push(member);
  }
}

function* storableMembers(path: string, value: object): Iterable<[path: string, member: unknown]> {
  for (const [name, member] of Object.entries(value)) {
    if (!isStorable(name)) throw unstorable(path);
    if (name === '__proto__') throw invalid('', 'a member is named __proto__');
    yield [path === '' ? name : `${path}.${name}`, member];
  }
}

function unstorable(path: string): HttpProblem {
  return invalid(path, 'expected text without NUL and without lone surrogates');
}

/** The message of a shape without one of its own: those of valibot quote what was received. */
function expectation({ expected, type }: BaseIssue<unknown>): string {
  return `expected ${expected ?? type.replaceAll('_', ' ')}`;
}

export function invalid(path: string, problem: string): HttpProblem {
  return new HttpProblem(400, 'VALIDATION_FAILED', path === '' ? problem : `${path}: ${problem}`, { path });
}
