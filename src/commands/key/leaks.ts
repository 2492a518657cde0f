import { searchLeaks } from '../../app/leak-search/search-leaks.ts';
import { defineCommand, toggle } from '../../cli/define.ts';
import { leakFields } from '../../keys/leak.ts';

export const leaks = defineCommand({
  operands: '[path...]',
  summary: 'search files for values of keys that have leaked',
  description: [
    'Searches files, and folders with everything below them (default: the current folder), for what looks like the value of',
    'a key of any provider. Nothing of a value is sent anywhere: lists of keys are read and compared here.',
    'Exits with 8 if there are findings.',
  ].join('\n'),
  examples: ['keys leaks', 'keys leaks src --json'],
  flags: {
    noIgnore: toggle('--no-ignore', 'search files that git ignores, too'),
    allProfiles: toggle('--all-profiles', 'compare with the keys of every stored profile, and local'),
  },
  fields: leakFields,
  async run(context, { operands, noIgnore, allProfiles }) {
    const { findings, scanned } = await searchLeaks(context, {
      names: operands,
      respectsIgnore: !noIgnore,
      everywhere: allProfiles,
    });
    return {
      kind: 'document',
      rows: findings,
      record: (rows) => ({ findings: rows, scanned }),
      columns: leakFields,
      table: async (_, terminal) =>
        (await import('../../output/views/leak-list.ts')).leakListView(findings, scanned, terminal),
      ...(findings.length > 0 && { exit: 'no' as const }),
    };
  },
});
