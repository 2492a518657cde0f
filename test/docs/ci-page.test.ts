import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { version } from '../../package.json';
import { action, component } from '../support/ci-steps.ts';
import { projectRoot } from '../support/sandbox.ts';

/* What docs/ci.md says of the GitHub action and the GitLab component. `npm test -- test/docs -u` writes the table anew. */

const path = join(projectRoot, 'docs', 'ci.md');
const text = readFileSync(path, 'utf8');
const blocks = [...text.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, block = '']) => parse(block));

test('the table has every input', () => {
  const inputs: Record<string, { description: string; default: string }> = {
    ...action.inputs,
    ...Object.fromEntries(Object.entries(component.inputs).filter(([name]) => !(name in action.inputs))),
  } as never;
  const head = '| Input | Meaning |\n| --- | --- |\n';
  const rows = Object.entries(inputs).map(([name, { description, default: usual }]) => {
    const hosts = [name in action.inputs ? 'GitHub' : '', name in component.inputs ? 'GitLab' : ''].filter(
      Boolean,
    );
    const only = hosts.length === 1 ? ` (${hosts[0]})` : '';
    const value = usual === '' ? '' : ` Default: \`${usual}\`.`;
    return `| \`${name}\`${only} | ${description.replaceAll('|', '\\|')}${value} |\n`;
  });
  const [start, end] = ['<!-- inputs -->\n', '<!-- /inputs -->'];
  const table = head + rows.join('');
  const from = text.indexOf(start) + start.length;
  const to = text.indexOf(end);
  if (expect.getState().snapshotState.snapshotUpdateState === 'all')
    writeFileSync(path, text.slice(0, from) + table + text.slice(to));
  else expect(text.slice(from, to)).toBe(table);
});

test('the examples use inputs that there are, and this version', () => {
  const steps = blocks.flatMap(
    ({ steps, jobs }) =>
      steps ?? Object.values(jobs ?? {}).flatMap((job) => (job as { steps?: object[] }).steps ?? []),
  );
  const own = steps.filter(({ uses = '' }) => uses.startsWith('example/keys@'));
  expect(own).toHaveLength(2);
  for (const { uses, with: inputs } of own) {
    expect(uses).toBe(`example/keys@v${version}`);
    expect(Object.keys(action.inputs)).toEqual(expect.arrayContaining(Object.keys(inputs)));
  }
  const [included] = blocks.flatMap(({ include }) => include ?? []);
  expect(included.component).toBe(`$CI_SERVER_FQDN/example/keys/keys@${version}`);
  expect(Object.keys(component.inputs)).toEqual(expect.arrayContaining(Object.keys(included.inputs)));
});
