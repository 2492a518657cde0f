import type { Context } from '../../app/context.ts';
import type { Search, Unasked } from '../../app/find-by-value.ts';
import { KeysError } from '../../base/errors.ts';
import { shellWord } from '../../base/shell-word.ts';
import { defineCommand, toggle } from '../../cli/define.ts';
import { matchFields } from '../../keys/match.ts';
import { fromFlag, readKeyText } from '../flags/key-value.ts';

export const find = defineCommand({
  operands: '',
  summary: 'tell which key a value belongs to, without sending the value anywhere',
  description: [
    'The value comes from --from, from stdin, or from a masked prompt on a terminal; alone, or anywhere in a text such as a',
    'log, a dotenv file or JSON. The list of keys is read, and compared here. match says by what: hash and id are certain;',
    'prefix, what the provider shows of a value, is no proof. Exit 3 if it is the value of no key; 5 if it was not found, and',
    'a profile could not be asked or its API does not show enough of its keys to tell.',
  ].join('\n'),
  examples: [
    'keys find < leaked.txt',
    'keys find --from env:.env#API_KEY --all-profiles',
    'keys find --from file:leaked.txt --json id,match',
  ],
  flags: {
    from: fromFlag,
    allProfiles: toggle('--all-profiles', 'look in every stored profile and in local'),
  },
  fields: matchFields,
  async run(context, { from, allProfiles }) {
    const text = await readKeyText(context, 'find', from);
    const { searchHere, searchEverywhere } = await import('../../app/find-by-value.ts');
    const search = await (allProfiles ? searchEverywhere(context, text) : searchHere(context, text));
    const { matches } = search;
    if (matches.length === 0) throw nothingFound(search, allProfiles, from);
    await warn(context, search);
    const { name: current } = await context.profile();
    return {
      kind: 'rows',
      rows: matches,
      columns: matchFields,
      table: async (_, terminal) =>
        (await import('../../output/views/match-list.ts')).matchListView(matches, current, terminal),
    };
  },
});

async function warn(context: Context, { matches, unasked }: Search): Promise<void> {
  for (const one of unasked) await context.warn(notAsked(one));
  if (matches.every(({ match }) => match === 'prefix')) {
    await context.warn(
      'only the part that the provider shows is the same, which is no proof that it is this key',
    );
  }
}

function notAsked({ profile, failure }: Unasked): string {
  return `the profile ${profile} could not be asked: ${failure.message}`;
}

/** 3 where every key was looked at; 5 where some were not, so that nobody takes the value for harmless. */
function nothingFound(
  { asked, unsure, unasked }: Search,
  everywhere: boolean,
  from: string | undefined,
): KeysError {
  const sure = asked.filter((profile) => !unsure.includes(profile));
  const none = sure.length === 0 ? [] : [`no key of ${profiles(sure)} has this value`];
  if (unasked.length === 0 && unsure.length === 0) {
    return new KeysError({
      code: 'no_such_value',
      message: none.join(''),
      hints: [everywhere ? 'keys profile list' : 'look in all of your profiles: keys find --all-profiles'],
    });
  }
  const doubt = `it cannot be told whether a key of ${profiles(unsure)} has this value: the API does not show enough of its keys`;
  const problems = [...none, ...(unsure.length > 0 ? [doubt] : []), ...unasked.map(notAsked)];
  const source = from === undefined ? '< key.txt' : `--from ${shellWord(from)}`;
  return new KeysError({
    code: unasked.length > 0 ? 'profiles_unasked' : 'value_unclear',
    message: problems.join('; '),
    problems,
    hints: [
      ...unsure.map(
        (profile) => `ask the API, which then sees the value: keys verify --profile ${profile} ${source}`,
      ),
      ...new Set(unasked.flatMap(({ failure }) => failure.hints?.slice(0, 1) ?? [])),
    ],
  });
}

function profiles(names: readonly string[]): string {
  return `${names.length === 1 ? 'the profile' : 'the profiles'} ${names.join(', ')}`;
}
