import { defineCommand } from '../cli/define.ts';

const fields = ['name', 'title', 'path', 'text'];

export const docs = defineCommand({
  operands: '[page]',
  summary: 'read a page of the documentation, or list the pages',
  description:
    'Each provider has a page of its own name. Off a terminal, a page is Markdown, as in the docs folder of the package.',
  examples: ['keys docs', 'keys docs rotation', 'keys docs openrouter'],
  flags: {},
  fields,
  async run({ io, output, now }, { operands: [word] }) {
    const { commandFor, docsPage, docsPages } = await import('../app/docs/pages.ts');
    const pages = docsPages();
    if (word === undefined) {
      const { renderFields } = await import('../output/table.ts');
      return {
        kind: 'rows',
        isPaged: true,
        rows: pages.map(({ name, title, path }) => ({ name, title, path })),
        columns: ['name', 'title'],
        table: (rows, terminal) => renderFields(rows as typeof pages, ['name', 'title'], terminal),
      };
    }
    const page = docsPage(pages, word);
    const isText = !output.fields && (output.format === undefined || output.format === 'table');
    if (!isText) return { kind: 'one', record: page, columns: fields, table: () => page.text };
    if (!io.stdout.isTTY && output.format === undefined) return { kind: 'text', text: page.text };
    const { renderMarkdown } = await import('../output/markdown.ts');
    const { terminalOf } = await import('../output/style.ts');
    const terminal = await terminalOf(io.stdout, io.env, output.noColor, now);
    const setting = { terminal, commandFor: (target: string) => commandFor(pages, page, target) };
    return { kind: 'text', isPaged: true, text: await renderMarkdown(page.text, setting) };
  },
});
