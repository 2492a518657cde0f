import type { Environment } from '../platform/env.ts';
import { ciIn } from '../platform/env.ts';

/*
 * CI systems read the log of a job for commands: GitHub Actions takes `::name::` at the start of a line and `##[name]`
 * anywhere, Azure Pipelines `##vso[name]`, TeamCity `##teamcity[name]`. One of them, stop-commands, switches the masking
 * of secrets off. What a server says must never be one.
 * https://docs.github.com/actions/reference/workflow-commands-for-github-actions
 */

const anywhere = /##(?=\w*\[)/g;
const atStart = /^(\s*):(?=:)/gm;

/** Whole lines of text, with a visible escape in what a CI system would take for a command. */
export function harmlessLines(text: string, env: Environment): string {
  if (ciIn(env) === undefined) return text;
  return text.replace(anywhere, '#\\x23').replace(atStart, '$1\\x3a');
}

/** JSON or YAML with double quotes: the same data. No line of it begins with what stands in a string. */
export function harmlessJson(json: string, env: Environment): string {
  return ciIn(env) === undefined ? json : json.replace(anywhere, '#\\u0023');
}
