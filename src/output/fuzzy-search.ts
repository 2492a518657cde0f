import { go, snapshot } from 'fuzzysort';

/** The places of the texts that a search finds, the best ones first; all for no search. */
export type Found = (search: string) => readonly number[];

/** Fewer letters in the order of the search than this are a match by chance. */
const threshold = 0.1;

/** Searches rows of several texts each, as they are typed: letters may be left out. Equal matches keep their order. */
export function fuzzySearch(rows: readonly (readonly string[])[]): Found {
  const places = rows.map((texts, at) => ({ texts, at }));
  const textCount = Math.max(0, ...rows.map(({ length }) => length));
  const keys = Array.from(
    { length: textCount },
    (_, index) =>
      ({ texts }: { texts: readonly string[] }) =>
        texts[index],
  );
  const searchable = snapshot(places, { keys });
  return (search) => {
    if (search.trim() === '') return places.map(({ at }) => at);
    return [...go(search, searchable, { limit: 0, threshold })]
      .sort((one, other) => other.score - one.score || one.obj.at - other.obj.at)
      .map(({ obj }) => obj.at);
  };
}
