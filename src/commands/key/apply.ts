import { defineCommand, value } from '../../cli/define.ts';
import { readText } from '../../cli/read.ts';
import type { AppliedAction } from '../../keys/plan/apply.ts';
import {
  insteadOfFlags,
  planFields,
  planFlags,
  planInputOf,
  reported,
  reportOf,
} from '../flags/plan-flags.ts';

const fields = [...planFields, 'done', 'newKeyId', 'operation', 'error'];
const columns = ['action', 'name', 'profile', 'keyId', 'newKeyId', 'done', 'reason'];

export const apply = defineCommand({
  operands: '[file]',
  summary: 'make every key as keys.yaml says: create, change, rotate',
  description: [
    'Prints the plan of keys plan, asks, and carries it out, several keys at a time. Without a terminal, pass --yes. Each key is',
    'created and rotated as keys create and keys rotate do it, with the same journal: if the command is interrupted or',
    'killed, run it again. A key that the file no longer names is left alone; --prune revokes those that an apply of the same',
    'file has created. Exits with 0 if everything is as the file says, with 2 if the APIs can honour nothing of what is left to',
    'do, with 5 if something is left, and otherwise as the failure says.',
  ].join('\n'),
  examples: [
    'keys apply',
    'keys apply --yes',
    'keys apply keys.yaml --yes --redeliver',
    'keys apply --prune --confirm 2',
  ],
  flags: {
    ...planFlags,
    confirm: value('--confirm <n>', 'how many keys --prune revokes; replaces the prompt', readText),
  },
  instead: insteadOfFlags('apply'),
  fields,
  reports: ['markdown'],
  async run(context, { confirm, ...input }) {
    const { applyFile } = await import('../../app/apply-file.ts');
    const { plan, actions, exit } = await applyFile(context, { ...planInputOf(input), confirm });
    if (context.output.format === 'ndjson')
      return { kind: 'rows', rows: reportedRows(actions), columns, table: () => '', exit };
    const applied: AppliedAction[] = [];
    for await (const action of actions) applied.push(action);
    const { others, placeNames } = plan;
    const summary = { actions: inOrderOf(plan.actions, applied), others, placeNames, isApplied: true };
    return { ...reportOf(summary, { toDo: plan.toDo, now: context.now }), columns, exit: exit() };
  },
});

async function* reportedRows(actions: AsyncIterable<AppliedAction>) {
  for await (const action of actions) yield reported(action);
}

/** In the order of the file. */
function inOrderOf(planned: readonly { name: string; profile: string }[], applied: readonly AppliedAction[]) {
  const places = new Map(planned.map(({ name, profile }, at) => [JSON.stringify([profile, name]), at]));
  const placeOf = ({ name, profile }: AppliedAction) => places.get(JSON.stringify([profile, name])) ?? 0;
  return [...applied].sort((one, other) => placeOf(one) - placeOf(other));
}
