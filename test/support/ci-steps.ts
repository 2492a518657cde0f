import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { projectRoot } from './sandbox.ts';

/* The shell steps of the GitHub action and of the GitLab component, as their runners start them. */

export interface Step {
  script: string;
  /** What the inputs make of the environment. */
  env: Record<string, string>;
}

export interface Steps {
  install: Step;
  run: Step;
}

export const action = parse(readFileSync(join(projectRoot, 'action.yml'), 'utf8'));
const [spec, jobs] = parseAllDocuments(readFileSync(join(projectRoot, 'templates', 'keys.yml'), 'utf8')).map(
  (document) => document.toJS(),
);
export const component = { inputs: spec.spec.inputs, job: jobs['$[[ inputs.job-name ]]'] };

type Inputs = Readonly<Record<string, string>>;

/** GitHub fills in the environment of each step; `env` is that of the job. */
export function actionSteps(inputs: Inputs, jobEnv: Inputs = {}): Steps {
  const step = (name: string): Step => {
    const { env, run } = action.runs.steps.find((one: { name?: string }) => one.name === name);
    return { script: run, env: filled(env, (text) => expression(text, inputs, jobEnv)) };
  };
  return { install: step('Install keys'), run: step('Run keys') };
}

function expression(text: string, inputs: Inputs, jobEnv: Inputs): string {
  return text.replace(/\$\{\{ (.+?) \}\}/g, (_, code: string) => {
    const values = code.split(' || ').map((term) => {
      const [, kind, name = ''] = /^(inputs|env)\.([\w-]+)$/.exec(term) ?? [];
      if (kind === 'env') return jobEnv[name];
      if (kind !== 'inputs' || !(name in action.inputs)) throw new Error(`unknown: ${term}`);
      return inputs[name] ?? action.inputs[name].default;
    });
    return values.find((value) => value) ?? '';
  });
}

/** GitLab has one script, whose variables come from the inputs. */
export function componentSteps(inputs: Inputs): Steps {
  const fill = (text: string) =>
    text.replace(/\$\[\[ inputs\.([\w-]+) \]\]/g, (_, name: string) => {
      if (!(name in component.inputs)) throw new Error(`unknown: ${name}`);
      return inputs[name] ?? String(component.inputs[name].default);
    });
  const variables = Object.entries(component.job.variables as Record<string, { value: string }>);
  const env = filled(Object.fromEntries(variables.map(([name, { value }]) => [name, value])), fill);
  const step = { script: component.job.script.join('\n'), env };
  return { install: step, run: step };
}

function filled(
  env: Readonly<Record<string, string>>,
  fill: (text: string) => string,
): Record<string, string> {
  return Object.fromEntries(Object.entries(env).map(([name, text]) => [name, fill(text)]));
}
