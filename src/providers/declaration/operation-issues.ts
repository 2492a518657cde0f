import { methods } from './call.ts';
import { declaredCalls } from './declared-calls.ts';
import type { Operation } from './operation.ts';
import { placeholderIssues } from './placeholder-issues.ts';
import type { Provider } from './provider.ts';
import type { SchemaIssue } from './schema-issue.ts';
import { textsIn, textsOf } from './template-text.ts';

/** What is wrong with the calls of a provider: their methods, their bodies, and the placeholders of their templates. */
export function operationIssues(provider: Provider): SchemaIssue[] {
  const issues = declaredCalls(provider).flatMap(({ path, name, call }) => [
    ...methodIssues(path, call),
    ...bodyIssues(path, call),
    ...placeholderIssues(provider, name, textsOf(call, path)),
  ]);
  return [
    ...issues,
    ...placeholderIssues(provider, undefined, textsIn('headers', provider.headers, 'headers')),
  ];
}

function methodIssues(path: string, operation: Operation): SchemaIssue[] {
  const count = methods.filter((method) => operation[method] !== undefined).length;
  if (count === 1) return [];
  return [{ path, message: `has ${count} methods; expected exactly one of ${methods.join(', ')}` }];
}

function bodyIssues(path: string, { body, form }: Operation): SchemaIssue[] {
  if (body === undefined || form === undefined) return [];
  return [
    {
      path: `${path}.form`,
      message: 'cannot be combined with body: a request has one body; remove one of them',
    },
  ];
}
