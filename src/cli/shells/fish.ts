import { join } from 'node:path';
import type { Shell } from './shell.ts';
import { configFolder, lines, scriptMark, wordsIn } from './shell.ts';

/* fish sends the words before the current one without their quotes, that one as it is typed, and quotes what it inserts. */

const script = `# fish completion for keys
# ${scriptMark} fish
function __keys_complete
    set -l typed (commandline -opc)
    set -l current (commandline -ct)
    for line in (string join0 -- $typed[2..] "$current" | command keys completion --words fish 2>/dev/null)
        if test "$line" = files
            __fish_complete_path "$current"
        else
            string sub -s 2 -- $line
        end
    end
end
complete -c keys -e
complete -c keys -f -k -a '(__keys_complete)'
`;

/** The text of a word that is not finished: its quotes and escapes are taken away, and nothing is expanded. */
export function unquoted(word: string): string {
  let quote = '';
  return word.replace(/\\([\s\S]?)|(['"])|[\s\S]/g, (all, escaped?: string, mark?: string) => {
    if (escaped !== undefined)
      return quote === '' || escaped === '\\' || escaped === quote || (quote === '"' && escaped === '$')
        ? escaped
        : all;
    if (mark === undefined || (quote !== '' && mark !== quote)) return all;
    quote = quote === '' ? mark : '';
    return '';
  });
}

export const fish: Shell = {
  script,
  describes: true,
  read(text) {
    const line = wordsIn(text);
    return (
      line && {
        line: { words: line.words, current: unquoted(line.current) },
        reply: ({ candidates, takesFile }) =>
          lines([
            ...(takesFile ? [['files']] : []),
            ...candidates.map(({ value, description = '' }) => [`=${value}`, description]),
          ]),
      }
    );
  },
  place: (machine) => ({
    file: join(configFolder(machine), 'fish', 'completions', 'keys.fish'),
    next: ['start a new shell'],
  }),
};
