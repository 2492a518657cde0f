import type { Catalog } from '../cli/catalog.ts';
import type { Command } from '../cli/define.ts';
import { defineCommand } from '../cli/define.ts';
import { helpPage } from '../cli/help.ts';
import { terminalOf } from '../output/style.ts';
import { topics } from './help-topics.ts';
import { manualOf } from './manual.ts';

/** The command that explains the others. */
export function helpOn(catalog: Catalog): Command {
  return defineCommand({
    operands: '[topic...]',
    summary: 'show the help of a command or of a topic',
    description: `Topics: ${Object.keys(topics).join(', ')}`,
    examples: ['keys help create', 'keys help exit-codes'],
    flags: {},
    fields: [],
    async run({ io, output, now }, { operands }) {
      const terminal = await terminalOf(io.stdout, io.env, output.noColor, now);
      return {
        kind: 'text',
        text: await helpPage(manualOf(catalog), operands.join(' ') || undefined, terminal),
      };
    },
  });
}
