import type { Source } from '../../app/leak-search/scan.ts';
import { defineCommand, toggle } from '../../cli/define.ts';
import { leakFields } from '../../keys/leak.ts';

const sources = ['history', 'staged', 'stdin'] as const;

export const leaks = defineCommand({
  operands: '[path...]',
  summary: 'search files and the history of git for values of keys that have leaked',
  description: [
    'Searches files, and folders with everything below them (default: the current folder), for what looks like the value of',
    'a key of any provider. What git ignores is left out, unless it is named. Nothing of a value is sent anywhere: where',
    'something is found, lists of keys are read and compared here. Only --verify sends values, each to the API of its key.',
    'In a git hook: keys leaks --staged. Exits with 8 if there are findings.',
  ].join('\n'),
  examples: [
    'keys leaks',
    'keys leaks --history --all-profiles',
    'keys leaks --staged',
    'keys leaks src deploy.log --format sarif > leaks.sarif',
  ],
  flags: {
    history: toggle('--history', 'search all that git has ever had, on any branch, tag or stash'),
    staged: toggle('--staged', 'search the files that the next commit changes, as they are staged'),
    stdin: toggle('--stdin', 'search stdin'),
    noIgnore: toggle('--no-ignore', 'search files that git ignores, too'),
    verify: toggle('--verify', 'ask the API of each key whether it still works, sending it the value'),
    allProfiles: toggle('--all-profiles', 'compare with the keys of every stored profile, and local'),
  },
  fields: leakFields,
  reports: ['sarif'],
  problems({ operands, history, staged, stdin, noIgnore }) {
    const given = sources.filter((source) => ({ history, staged, stdin })[source]).map((name) => `--${name}`);
    return [
      ...(given.length > 1 ? [`${given.join(' and ')} cannot be combined`] : []),
      ...(stdin && operands.length > 0 ? ['--stdin searches no paths'] : []),
      ...(noIgnore && given.length > 0 ? [`--no-ignore and ${given[0]} cannot be combined`] : []),
    ];
  },
  async run(context, { operands, history, staged, stdin, noIgnore, verify, allProfiles }) {
    const source: Source = sources.find((name) => ({ history, staged, stdin })[name]) ?? 'files';
    const { searchLeaks } = await import('../../app/leak-search/search-leaks.ts');
    const report = await searchLeaks(context, {
      ...{ source, names: operands, respectsIgnore: !noIgnore },
      ...{ everywhere: allProfiles, asksApis: verify },
    });
    const { findings, scanned } = report;
    return {
      kind: 'document',
      rows: findings,
      record: (rows) => ({ findings: rows, scanned }),
      columns: leakFields,
      table: async (_, terminal) =>
        (await import('../../output/views/leak-list.ts')).leakListView(report, terminal),
      reports: {
        sarif: async () => (await import('../../output/leak-sarif.ts')).leakSarif(findings),
      },
      ...(findings.length > 0 && { exit: 'no' as const }),
    };
  },
});
