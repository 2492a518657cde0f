import type { Environment } from '../platform/env.ts';
import { ciIn } from '../platform/env.ts';

/*
 * CI systems look for commands in the log of a job: GitHub Actions for `::name::` at the start of a line and `##[name]`
 * anywhere, Azure Pipelines for `##vso[name]`, TeamCity for `##teamcity[name]`. One of them, stop-commands, turns off the
 * masking of secrets. Text from a server must never be a command.
 * https://docs.github.com/actions/reference/workflow-commands-for-github-actions
 */

const anywhere = /##(?=\w*\[)/g;
const atStart = /^(\s*):(?=:)/gm;

/** Whole lines of text, with CI commands defused by a visible escape. */
export function harmlessLines(text: string, env: Environment): string {
  if (ciIn(env) === undefined) return text;
  return text.replace(anywhere, '#\\x23').replace(atStart, '$1\\x3a');
}

/** JSON, or YAML with double quotes, as the same data. No line of either begins with the content of a string. */
export function harmlessJson(json: string, env: Environment): string {
  return ciIn(env) === undefined ? json : json.replace(anywhere, '#\\u0023');
}
