import * as v from 'valibot';
import { schemaFault } from '../../base/schema-fault.ts';
import { consistencyIssues, inputIssues } from './consistency-issues.ts';
import { operationIssues } from './operation-issues.ts';
import type { Provider } from './provider.ts';
import { providerSchema } from './provider.ts';
import type { SchemaIssue } from './schema-issue.ts';

/** Checks whether data is a provider: its shape first, then the rules across several fields. */
export function checkProvider(
  data: unknown,
): { provider: Provider; issues: [] } | { provider?: never; issues: SchemaIssue[] } {
  const result = v.safeParse(providerSchema, data);
  const issues = (result.issues ?? []).map((issue) => ({
    path: v.getDotPath(issue) ?? '',
    message: schemaFault(issue),
  }));
  const provider = data as Provider;
  const issuesOf = (check: (provider: Provider) => SchemaIssue[]) =>
    result.success ? check(provider) : tolerateMisshapen(() => check(provider));
  for (const check of [operationIssues, consistencyIssues])
    issues.push(...withNewPaths(issuesOf(check), issues));
  // A call that is wrong in itself may well contain what it seems to lack.
  const isReported = ({ path }: SchemaIssue) =>
    issues.some((issue) => issue.path === path || issue.path.startsWith(`${path}.`));
  issues.push(...issuesOf(inputIssues).filter((issue) => !isReported(issue)));
  return result.success && issues.length === 0 ? { provider: result.output, issues: [] } : { issues };
}

/** One issue per path is enough; the first one is the most basic. */
function withNewPaths(
  issues: readonly SchemaIssue[],
  reportedIssues: readonly SchemaIssue[],
): readonly SchemaIssue[] {
  const paths = new Set(reportedIssues.map(({ path }) => path));
  return issues.filter(({ path }) => !paths.has(path));
}

/** The rules expect data of the right shape: where they fail over another one, its issue is already reported. */
function tolerateMisshapen(check: () => SchemaIssue[]): SchemaIssue[] {
  try {
    return check();
  } catch (error) {
    if (error instanceof TypeError) return [];
    throw error;
  }
}
