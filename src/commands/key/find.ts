import { readKeyText } from '../../app/key-input.ts';
import { nothingFound, searchEverywhere, searchHere, warnOfDoubts } from '../../app/search.ts';
import { defineCommand, toggle } from '../../cli/define.ts';
import { matchFields } from '../../keys/match.ts';
import { fromFlag } from '../flags/from-flag.ts';

export const find = defineCommand({
  operands: '',
  summary: 'find the key that a secret belongs to, without sending the secret anywhere',
  description: [
    'Reads the secret from --from, from stdin, or from a masked prompt on a terminal: alone, or anywhere in a text such as',
    'a log, a dotenv file or JSON. keys fetches the list of keys and compares locally. "match" tells how: hash and id are',
    'certain; prefix, the part of the secret that the provider shows, is no proof. Exits with 3 if no key has this secret,',
    'and with 5 if a profile could not be searched or its API does not show enough of its keys to be sure.',
  ].join('\n'),
  examples: [
    'keys find < leaked.txt',
    'keys find --from env:.env#API_KEY --all-profiles',
    'keys find --from file:leaked.txt --json id,match',
  ],
  flags: {
    from: fromFlag,
    allProfiles: toggle('--all-profiles', 'search every stored profile, and local'),
  },
  fields: matchFields,
  async run(context, { from, allProfiles }) {
    const text = await readKeyText(context, 'find', from);
    const search = await (allProfiles ? searchEverywhere(context, text) : searchHere(context, text));
    const { matches } = search;
    if (matches.length === 0) throw nothingFound(search, { everywhere: allProfiles, from });
    await warnOfDoubts(context, search);
    const { name: current } = await context.profile();
    return {
      kind: 'rows',
      isPaged: true,
      rows: matches,
      columns: matchFields,
      table: async (_, terminal) =>
        (await import('../../output/views/match-list.ts')).matchListView(matches, current, terminal),
    };
  },
});
