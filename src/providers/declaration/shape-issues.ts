import * as v from 'valibot';
import { nearest } from '../../base/nearest.ts';
import { schemaFault } from '../../base/schema-fault.ts';
import { maskSecrets } from '../../base/secret.ts';
import { examples } from './examples.ts';

import { providerSchema } from './provider.ts';
import type { SchemaIssue } from './schema-issue.ts';
import { fieldsAt, optionsAt } from './shape.ts';

/** Where data differs from the shape of a provider, and what to write there. */
export function shapeIssues(data: unknown): SchemaIssue[] {
  const { issues: faults = [] } = v.safeParse(providerSchema, data);
  const listPaths = misplacedLists(data, '');
  const reserved = reservedIn(data, '');
  const issues = faults
    .flatMap((fault) => issuesIn(fault, v.getDotPath(fault) ?? ''))
    .filter(({ path }) => !listPaths.some((list) => path === list || path.startsWith(`${list}.`)))
    .filter(({ path }) => !reserved.some((one) => one.path === path));
  // A misspelt field is one fault, not also a missing one.
  const meantFields = issues.flatMap(({ path, message }) => {
    const [, meant] = /; did you mean "([^"]*)"\?$/.exec(message) ?? [];
    return meant === undefined ? [] : [[...path.split('.').slice(0, -1), meant].join('.')];
  });
  return [
    ...issues.filter(
      ({ path, message }) => !message.startsWith('is required') || !meantFields.includes(path),
    ),
    ...listPaths.map((path) => ({ path, message: withExample('is list, expected object', path) })),
    ...reserved,
  ];
}

/** For valibot, a list is an object too. */
function misplacedLists(value: unknown, path: string): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const options = Array.isArray(value) ? optionsAt(path) : [];
  if (options.length > 0 && options.every(({ type }) => ['strict_object', 'record'].includes(type)))
    return [path];
  return Object.entries(value).flatMap(([name, one]) =>
    misplacedLists(one, path === '' ? name : `${path}.${name}`),
  );
}

/** Names that every object has from birth, and that valibot leaves out: what they stand for would never be sent or read. */
const reservedNames = ['__proto__', 'constructor', 'prototype'];

function reservedIn(value: unknown, path: string): SchemaIssue[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, one]) => {
    const own = path === '' ? name : `${path}.${name}`;
    const message = 'is a name that keys cannot send or read; use another name, or remove it';
    return reservedNames.includes(name) ? [{ path: own, message }] : reservedIn(one, own);
  });
}

function withExample(message: string, path: string): string {
  const example = examples[path];
  return example === undefined ? message : `${message}; write "${path.split('.').at(-1)}": ${example}`;
}

type Issue = v.BaseIssue<unknown>;

function issuesIn(issue: Issue, path: string): SchemaIssue[] {
  const inner =
    issue.type === 'union' && isObject(issue.input) ? nearestOption(issue.input, path) : undefined;
  if (!inner) return [{ path, message: messageOf(issue, path) }];
  return inner.flatMap((one) => issuesIn(one, [path, v.getDotPath(one)].filter(Boolean).join('.')));
}

/** Of several objects that could be meant, the one with the fewest faults tells what is wrong; undefined: none could. */
function nearestOption(input: object, path: string): readonly Issue[] | undefined {
  const faults = optionsAt(path).flatMap((option) => {
    const { issues } = v.safeParse(option, input);
    return issues && option.type === 'strict_object' ? [issues] : [];
  });
  return faults.sort((a, b) => a.length - b.length)[0];
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A longer text is not repeated in a message. */
const maxWordLength = 60;

function messageOf(issue: Issue, path: string): string {
  // A text in the wrong place may be a secret; a misspelt word is not.
  const isWord =
    (issue.type === 'picklist' || issue.type === 'variant') && issue.received.length <= maxWordLength;
  const hidesText = !isWord && issue.received.startsWith('"');
  const message = maskSecrets(schemaFault({ ...issue, ...(hidesText && { received: 'string' }) }));
  const parts = path.split('.');
  const name = parts.at(-1) ?? '';
  if (issue.kind === 'schema' && issue.type === 'strict_object' && issue.expected === 'never')
    return `${message}; ${insteadOf(name, parts.slice(0, -1).join('.'))}`;
  if (issue.kind === 'schema' && issue.received === 'undefined') {
    const example = examples[path] ?? examples[name] ?? fieldLike(name, path);
    return example === undefined ? 'is required' : `is required; write "${name}": ${example}`;
  }
  if (issue.type === 'picklist' && typeof issue.input === 'string') {
    const meant = nearest(
      issue.input,
      ((issue.expected ?? '').match(/"[^"]*"/g) ?? []).map((word) => word.slice(1, -1)),
    );
    return meant === undefined ? message : `${message}; did you mean "${meant}"?`;
  }
  const example = issue.kind === 'schema' ? examples[path] : undefined;
  return example === undefined ? message : `${message}; write "${name}": ${example}`;
}

/** A path into a response often ends with the name of what it is. */
function fieldLike(name: string, path: string): string | undefined {
  const isPath = optionsAt(path).some(({ type }) => type === 'string');
  return isPath ? `"${name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}"` : undefined;
}

/** What to write for an unknown field: a known one that looks alike, or the object that has a field of this name. */
function insteadOf(name: string, parent: string): string {
  const fields = fieldsAt(parent);
  const meant = nearest(name, fields);
  if (meant !== undefined) return `did you mean "${meant}"?`;
  const home = parent === '' ? homes.find((other) => fieldsAt(other).includes(name)) : undefined;
  if (home !== undefined) return `write it inside "${home}"`;
  if (fields.length === 0) return 'remove it';
  return fields.length > maxListedFields
    ? 'remove it; docs/reference/providers.md lists the fields'
    : `remove it, or write one of ${fields.join(', ')}`;
}

/** Where a field may belong that stands at the top by mistake. */
const homes = ['capabilities', 'key', 'list', 'auth'];
const maxListedFields = 12;
