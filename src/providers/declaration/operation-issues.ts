import { methods } from './call.ts';
import { declaredCalls } from './declared-calls.ts';
import { alternativesIn, either } from './either.ts';
import type { Operation } from './operation.ts';
import { placeholderIssues } from './placeholder-issues.ts';
import type { Provider } from './provider.ts';
import type { SchemaIssue } from './schema-issue.ts';
import { stepIssues } from './step-issues.ts';
import type { Template } from './template.ts';
import { textsIn, textsOf } from './template-text.ts';

/** What is wrong with the calls of a provider: their methods, their bodies, and the placeholders of their templates. */
export function operationIssues(provider: Provider): SchemaIssue[] {
  const issues = declaredCalls(provider).flatMap(({ path, name, call }) => [
    ...methodIssues(path, call),
    ...bodyIssues(path, call),
    ...eitherIssues(call.form ?? call.body, `${path}.${call.form ? 'form' : 'body'}`),
    ...placeholderIssues(provider, name, textsOf(call, path)),
  ]);
  return [
    ...issues,
    ...stepIssues(provider),
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

function eitherIssues(template: Template | undefined, path: string): SchemaIssue[] {
  if (typeof template !== 'object' || template === null) return [];
  const inner = Object.entries(template).flatMap(([name, one]) => eitherIssues(one, `${path}.${name}`));
  if (Array.isArray(template) || !Object.hasOwn(template, either)) return inner;
  const isAlone = Object.keys(template).length === 1;
  const isChoice = isAlone && (alternativesIn(template)?.length ?? 0) > 1;
  return isChoice ? inner : [{ path, message: `${either} must be the only field, with a list of templates` }];
}
