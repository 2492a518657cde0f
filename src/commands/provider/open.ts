import { keysPage, openForPerson } from '../../app/keys-page.ts';
import { defineCommand, toggle } from '../../cli/define.ts';

const fields = ['profile', 'provider', 'url', 'opened'];

export const open = defineCommand({
  operands: '',
  summary: "open the web page on which the profile's provider lists its keys",
  description: 'Prints the URL. Off a terminal, in CI and for a coding agent it opens nothing.',
  examples: ['keys open', 'keys open --provider openrouter --print'],
  flags: { print: toggle('--print', 'print the URL, and open nothing') },
  fields,
  async run(context, { print }) {
    const { profile, page } = await keysPage(context);
    const opened = !print && (await openForPerson(context, page));
    const { format, fields: selected } = context.output;
    if (format === undefined && !selected) return { kind: 'text', text: `${page}\n` };
    const { renderRecord } = await import('../../output/views/record.ts');
    return {
      kind: 'one',
      record: { profile: profile.name, provider: profile.provider, url: page, opened },
      columns: fields,
      table: (_, terminal) => renderRecord([['URL', page]], terminal),
    };
  },
});
