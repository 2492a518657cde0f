import * as v from 'valibot';
import { consistencyIssues, inputIssues, lifecycleIssues } from './consistency-issues.ts';
import { credentialRules } from './credential-rules.ts';
import { issuingRules } from './issuing-rules.ts';
import { operationIssues } from './operation-issues.ts';
import { promiseRules } from './promise-rules.ts';
import type { Provider } from './provider.ts';
import { providerSchema } from './provider.ts';
import { requestRules } from './request-rules.ts';
import type { Rule } from './rule.ts';
import type { SchemaIssue } from './schema-issue.ts';
import { secrecyRules } from './secrecy-rules.ts';
import { shapeIssues } from './shape-issues.ts';
import { usageRules } from './usage-rules.ts';
import { verificationRules } from './verification-rules.ts';
import { whoamiRules } from './whoami-rules.ts';

/** The rules across several fields, the most basic first. */
const rules: readonly Rule[] = [
  operationIssues,
  lifecycleIssues,
  consistencyIssues,
  ...issuingRules,
  ...secrecyRules,
  ...credentialRules,
  ...promiseRules,
  ...requestRules,
  ...verificationRules,
  ...usageRules,
  ...whoamiRules,
];

/** Checks whether data is a provider: its shape first, then the rules across several fields. */
export function checkProvider(
  data: unknown,
): { provider: Provider; issues: [] } | { provider?: never; issues: SchemaIssue[] } {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return { issues: [notAnObject] };
  const result = v.safeParse(providerSchema, data);
  const issues = shapeIssues(data);
  const isShaped = issues.length === 0;
  const provider = data as Provider;
  const issuesOf = (rule: Rule) => (isShaped ? rule(provider) : tolerateMisshapen(() => rule(provider)));
  for (const rule of rules) issues.push(...withNewPaths(issuesOf(rule), issues));
  // A call that is wrong in itself may well contain what it seems to lack.
  const isReported = ({ path }: SchemaIssue) =>
    issues.some((issue) => issue.path === path || issue.path.startsWith(`${path}.`));
  issues.push(...issuesOf(inputIssues).filter((issue) => !isReported(issue)));
  return result.success && issues.length === 0 ? { provider: result.output, issues: [] } : { issues };
}

/** What each field of it lacks would say less. */
const notAnObject: SchemaIssue = {
  path: '',
  message: 'is not an object; write { "id": "my-api", … }, or let keys provider new write one',
};

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
