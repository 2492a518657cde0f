import * as v from 'valibot';
import { consistencyChecks, inputIssues } from './consistency-issues.ts';
import { operationIssues } from './operation-issues.ts';
import type { Provider } from './provider.ts';
import { providerSchema } from './schema.ts';
import type { SchemaIssue } from './schema-issue.ts';

/*
 * Whether some data is a provider. The schema says which fields there are; the other checks find what only shows when
 * fields are seen together.
 */

/** A provider, or everything that is wrong with the data. */
export function checkProvider(
  data: unknown,
): { provider: Provider; issues: [] } | { provider?: never; issues: SchemaIssue[] } {
  const result = v.safeParse(providerSchema, data);
  const misshapen = (result.issues ?? []).map((issue) => ({
    path: v.getDotPath(issue) ?? '',
    message: issue.message,
  }));
  const provider = data as Provider;
  // What is misshapen cannot be looked at any closer; the rest can.
  const run = (check: (provider: Provider) => SchemaIssue[]) =>
    result.success ? check(provider) : attempt(() => check(provider));
  const issues = [...misshapen];
  for (const check of [operationIssues, ...consistencyChecks]) issues.push(...newOnes(run(check), issues));
  // A call that is wrong in itself may have been meant to say what it lacks.
  const isWrong = ({ path }: SchemaIssue) =>
    issues.some((one) => one.path === path || one.path.startsWith(`${path}.`));
  issues.push(...run(inputIssues).filter((one) => !isWrong(one)));
  return result.success && issues.length === 0
    ? { provider: result.output as Provider, issues: [] }
    : { issues };
}

function newOnes(found: readonly SchemaIssue[], known: readonly SchemaIssue[]): SchemaIssue[] {
  const told = new Set(known.map(({ path }) => path));
  return found.filter(({ path }) => !told.has(path));
}

function attempt(check: () => SchemaIssue[]): SchemaIssue[] {
  try {
    return check();
  } catch (error) {
    if (error instanceof TypeError) return [];
    throw error;
  }
}
