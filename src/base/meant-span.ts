/** Other ways to write a unit. */
const otherUnits: readonly (readonly [RegExp, string])[] = [
  [/^s(?:ecs?|econds?)?$/i, 's'],
  [/^min(?:s|utes?)?$/i, 'min'],
  [/^h(?:rs?|ours?)?$/i, 'h'],
  [/^d(?:ays?)?$/i, 'd'],
  [/^w(?:ks?|eeks?)?$/i, 'w'],
  [/^mo(?:s|n|ns|nths?)?$/i, 'mo'],
  [/^y(?:rs?|ears?)?$/i, 'y'],
];

/** ` (did you mean 90d?)` for `90`, `90 days` or `90D`; a number alone means days. */
export function meantSpan(text: string): string {
  const [, digits, word = ''] = /^\s*0*([1-9]\d{0,8})\s*([A-Za-z]*)\s*$/.exec(text) ?? [];
  if (digits === undefined) return '';
  const unit = word === '' ? 'd' : otherUnits.find(([form]) => form.test(word))?.[1];
  return unit === undefined ? '' : ` (did you mean ${digits}${unit}?)`;
}
