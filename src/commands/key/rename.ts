import { updateKey } from '../../app/update-key.ts';
import { InvalidValue } from '../../base/errors.ts';
import { defineCommand, value } from '../../cli/define.ts';
import { readName } from '../flags/key-flags.ts';
import { update, updatedResult } from './update.ts';

export const rename = defineCommand({
  operands: '<key> [new-name]',
  summary: 'give a key another name; short for update --name',
  examples: ['keys rename ci deploy', 'keys rename ci --name deploy'],
  flags: { name: value('--name <name>', 'the new name, in place of the second argument', readName) },
  fields: update.fields,
  problems({ operands: [, operand], name }) {
    if ((operand === undefined) === (name === undefined))
      return ['expected one new name: keys rename <key> <new-name>'];
    return operand === undefined ? [] : [...faultsOf(operand)];
  },
  async run(context, { operands: [reference = '', operand = ''], name = operand }) {
    return updatedResult(await updateKey(context, reference, { name }));
  },
});

function faultsOf(name: string): readonly string[] {
  try {
    readName(name);
    return [];
  } catch (error) {
    if (error instanceof InvalidValue) return error.messages;
    throw error;
  }
}
