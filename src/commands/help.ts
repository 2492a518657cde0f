import type { Catalog } from '../cli/catalog.ts';
import type { Command } from '../cli/define.ts';
import { defineCommand } from '../cli/define.ts';
import { helpPage } from '../cli/help.ts';
import { topics } from './help-topics.ts';

/** The command that explains the others. */
export function helpOn(catalog: Catalog): Command {
  return defineCommand({
    operands: '[topic...]',
    summary: 'show the help of a command or of a topic',
    description: `Topics: ${Object.keys(topics).join(', ')}`,
    examples: ['keys help create', 'keys help exit-codes'],
    flags: {},
    fields: [],
    async run(context, { operands }) {
      const text = await helpPage(
        { catalog, topics },
        operands.join(' ') || undefined,
        context.io.stdout.columns,
      );
      return { kind: 'text', text };
    },
  });
}
