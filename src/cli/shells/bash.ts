import { join } from 'node:path';
import { shellWord } from '../../base/shell-word.ts';
import type { Machine } from '../../platform/machine.ts';
import type { Candidate } from '../completion.ts';
import type { Placement, Request, Shell } from './shell.ts';
import { dataFolder, lines, scriptMark } from './shell.ts';

/*
 * bash sends the line as it is typed. It replaces only what follows the last unquoted break of words, such as the colon of
 * `file:`, and inserts text as it is: candidates are cut and quoted here. Works with bash 3.2, which macOS has.
 */

const script = `# bash completion for keys
# ${scriptMark} bash
_keys_completion() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    case $line in
      files) compopt -o default 2>/dev/null ;;
      open) compopt -o nospace 2>/dev/null ;;
      =*) COMPREPLY+=("\${line#=}") ;;
    esac
  done < <(printf '%s\\0' "$COMP_WORDBREAKS" "\${COMP_LINE:0:COMP_POINT}" |
    command keys completion --words bash 2>/dev/null)
}
complete -o nosort -F _keys_completion keys 2>/dev/null || complete -F _keys_completion keys
`;

type Quote = '' | "'" | '"';

/** A word as it is typed so far. */
interface Word {
  /** What the program would receive. */
  text: string;
  /** The quotes that are still open. */
  quote: Quote;
  /** How much of `text` the shell leaves as it is. */
  keptLength: number;
  /** It is the file of a redirection. */
  isTarget: boolean;
}

/** Not a string of commands: what is unquoted here separates words, and is no part of one. */
const separators = ' \t\n;&|()<>';

/** Splits a command line as the shell does, without expanding anything. The last word is the current one. */
export function splitLine(line: string, wordBreaks: string): Word[] {
  const words: Word[] = [];
  let word: Word | undefined;
  let isTarget = false;
  const begin = (): Word => ({ text: '', quote: '', keptLength: 0, isTarget });
  for (let at = 0; at < line.length; at++) {
    const character = line[at] ?? '';
    if (!word?.quote && separators.includes(character)) {
      if (word) words.push(word);
      isTarget = '<>'.includes(character) || (isTarget && !word);
      word = undefined;
      continue;
    }
    word ??= begin();
    if (isEscape(word, character, line[at + 1] ?? '')) {
      at++;
      word.text += line[at] ?? '';
    } else add(word, character, wordBreaks);
  }
  return [...words, word ?? begin()];
}

function isEscape({ quote }: Word, character: string, next: string): boolean {
  return character === '\\' && (quote === '' || (quote === '"' && '$`"\\'.includes(next)));
}

function add(word: Word, character: string, wordBreaks: string): void {
  if (character === word.quote) word.quote = '';
  else if (word.quote === '' && (character === "'" || character === '"')) {
    word.quote = character;
    word.keptLength = word.text.length;
  } else {
    word.text += character;
    if (word.quote === '' && wordBreaks.includes(character)) word.keptLength = word.text.length;
  }
}

/** Undefined: nothing keeps the shell from expanding it. */
function quoted(text: string, quote: Quote): string | undefined {
  if (quote === "'") return text.replaceAll("'", "'\\''");
  // In double quotes, nothing protects from the expansion of history.
  if (quote === '"') return text.includes('!') ? undefined : text.replace(/[$`"\\]/g, '\\$&');
  return text.replace(/[^\w./@%+,=:\u0080-\u{10ffff}-]/gu, '\\$&');
}

function read(text: string): Request | undefined {
  const [wordBreaks, line, end] = text.split('\0');
  if (wordBreaks === undefined || line === undefined || end !== '') return undefined;
  const [, ...words] = splitLine(line, wordBreaks);
  const current = words.pop();
  if (!current) return undefined;
  const textFor = ({ value }: Candidate) => {
    const isWhole = current.keptLength === 0 || value.startsWith(current.text);
    const rest = isWhole ? value.slice(current.keptLength) : undefined;
    return rest === undefined ? undefined : quoted(rest, current.quote);
  };
  return {
    line: {
      words: words.filter((word) => !word.isTarget).map((word) => word.text),
      current: current.text,
    },
    reply({ candidates, takesFile }) {
      if (current.isTarget) return lines([['files']]);
      const texts = candidates.flatMap((one) => textFor(one) ?? []);
      const isOpen = candidates.length > 0 && candidates.every((one) => one.isOpen);
      return lines([
        ...(takesFile ? [['files']] : []),
        ...(isOpen ? [['open']] : []),
        ...texts.map((one) => [`=${one}`]),
      ]);
    },
  };
}

/** What loads the files of a folder on demand; bash itself has no such folder. */
const loaders = [
  '/usr/share/bash-completion/bash_completion',
  '/usr/local/share/bash-completion/bash_completion',
  '/opt/homebrew/etc/profile.d/bash_completion.sh',
  '/usr/local/etc/profile.d/bash_completion.sh',
];

/** What bash reads when it starts, for all users. */
const commonStarts = ['/etc/bash.bashrc', '/etc/bashrc'];

/** A line that is no comment. */
const loadsCompletion = /^[^#\n]*bash[-_]completion/m;

/** https://github.com/scop/bash-completion#faq, "Where should I put it to be sure that interactive bash shells will find it" */
function place(machine: Machine): Placement {
  const folder = machine.env.BASH_COMPLETION_USER_DIR || join(dataFolder(machine), 'bash-completion');
  const file = join(folder, 'completions', 'keys');
  const load = `echo ${shellWord(`source ${shellWord(file)}`)} >> ~/.bashrc`;
  if (!loaders.some(machine.exists)) {
    const problem = 'bash-completion is not installed: install it, or run the next line';
    return { file, next: [problem, load, 'then start a new shell'] };
  }
  const isLoaded = [join(machine.home, '.bashrc'), ...commonStarts].some((path) =>
    loadsCompletion.test(machine.read(path) ?? ''),
  );
  if (isLoaded) return { file, next: ['start a new shell'] };
  const problem =
    'no .bashrc loads bash-completion: if Tab completes nothing in a new shell, run the next line';
  return { file, next: [problem, load] };
}

export const bash: Shell = { script, describes: false, read, place };
