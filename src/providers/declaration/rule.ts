import type { Provider } from './provider.ts';
import type { SchemaIssue } from './schema-issue.ts';

/** What a declaration of the right shape can still get wrong. A rule says where, what, and what to write instead. */
export type Rule = (provider: Provider) => SchemaIssue[];

/** Whether a rule is broken, where, and what is wrong. */
export type Verdict = readonly [isBroken: boolean, path: string, message: string];

/** A rule made of several verdicts. */
export function ruleOf(verdicts: (provider: Provider) => readonly Verdict[]): Rule {
  return (provider) =>
    verdicts(provider)
      .filter(([isBroken]) => isBroken)
      .map(([, path, message]) => ({ path, message }));
}
