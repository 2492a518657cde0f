import { placeholderIssues } from './placeholder-issues.ts';
import type { Provider } from './provider.ts';
import type { SchemaIssue } from './schema-issue.ts';
import { textsIn, textsOf } from './template-text.ts';

/** What is wrong with the reads that other calls need. */
export function stepIssues(provider: Provider): SchemaIssue[] {
  const steps = provider.before ?? [];
  const taken = new Set<string>();
  return steps.flatMap((step, index) => {
    const path = `before.${index}`;
    const texts = [...textsOf({ get: step.get, query: step.query ?? {} }, path)];
    const conditions = textsIn('query', step.where, `${path}.where`).filter(({ isName }) => !isName);
    // A step may use what earlier ones have taken.
    const earlier: Provider = { ...provider, before: steps.slice(0, index) };
    const issues = placeholderIssues(earlier, undefined, [...texts, ...conditions]);
    if (step.where && step.items === undefined)
      issues.push({ path: `${path}.where`, message: 'has no effect without items; add where the list is' });
    for (const name of Object.keys(step.take)) {
      if (taken.has(name))
        issues.push({ path: `${path}.take.${name}`, message: 'is taken twice; write another name' });
      taken.add(name);
    }
    return issues;
  });
}
