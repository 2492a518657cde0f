import { methods } from './call.ts';
import type { CallName } from './inputs.ts';
import { callInputs } from './inputs.ts';
import type { Operation } from './operation.ts';
import { placeholderIssues } from './placeholder-issues.ts';
import type { Provider } from './provider.ts';
import type { SchemaIssue } from './schema-issue.ts';
import { textsIn, textsOf } from './template-text.ts';

/** What is wrong with the calls of a provider: their methods, their bodies, and the placeholders of their templates. */
export function operationIssues(provider: Provider): SchemaIssue[] {
  const names = Object.keys(callInputs) as CallName[];
  const issues = names.flatMap((name) => {
    const operation: Operation | undefined = provider[name];
    if (!operation) return [];
    return [
      ...methodIssues(name, operation),
      ...bodyIssues(name, operation),
      ...placeholderIssues(provider, name, textsOf(operation, name)),
    ];
  });
  return [
    ...issues,
    ...placeholderIssues(provider, undefined, textsIn('headers', provider.headers, 'headers')),
  ];
}

function methodIssues(name: CallName, operation: Operation): SchemaIssue[] {
  const count = methods.filter((method) => operation[method] !== undefined).length;
  if (count === 1) return [];
  return [{ path: name, message: `has ${count} methods; expected exactly one of ${methods.join(', ')}` }];
}

function bodyIssues(name: CallName, { body, form }: Operation): SchemaIssue[] {
  if (body === undefined || form === undefined) return [];
  return [
    {
      path: `${name}.form`,
      message: 'cannot be combined with body: a request has one body; remove one of them',
    },
  ];
}
