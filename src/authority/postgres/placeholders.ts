/** Statements that are translated once. There are a few hundred; those with a list of conditions vary. */
const maxTranslations = 1000;

const translations = new Map<string, string>();

/**
 * Values as PostgreSQL numbers them: `?` becomes the next of `$1`, `$2` …, and `?2` becomes `$2`. Leaves texts, quoted names and
 * comments alone.
 */
export function numbered(sql: string): string {
  const known = translations.get(sql);
  if (known !== undefined) return known;
  let highest = 0;
  const translation = sql.replace(
    /'(?:[^']|'')*'|"[^"]*"|--[^\n]*|\/\*[\s\S]*?\*\/|\?(\d*)/g,
    (match, digits: string | undefined) => {
      if (digits === undefined) return match;
      const number = digits === '' ? highest + 1 : Number(digits);
      highest = Math.max(highest, number);
      return `$${number}`;
    },
  );
  if (translations.size >= maxTranslations) translations.clear();
  translations.set(sql, translation);
  return translation;
}
