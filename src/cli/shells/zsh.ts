import { join } from 'node:path';
import { shellWord } from '../../base/shell-word.ts';
import type { Machine } from '../../platform/machine.ts';
import type { Completion } from '../completion.ts';
import type { Placement, Shell } from './shell.ts';
import { dataFolder, lines, scriptMark, wordsIn } from './shell.ts';

/* zsh sends the words without their quotes, and quotes what it inserts by itself. */

const script = `#compdef keys
# ${scriptMark} zsh
_keys() {
  local line kind takes_file=
  local -a typed parts ended ended_shown open open_shown
  typed=("\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}")
  while IFS= read -r line; do
    parts=("\${(@ps:\\t:)line}")
    case $parts[1] in
      files) takes_file=1 ;;
      ended) ended+=("$parts[2]"); ended_shown+=("$parts[3]") ;;
      open) open+=("$parts[2]"); open_shown+=("$parts[3]") ;;
    esac
  done < <(print -rN -- "\${typed[@]}" | command keys completion --words zsh 2>/dev/null)
  local -i found=1
  (( $#open )) && compadd -l -V keys-open -S '' -d open_shown -a open && found=0
  (( $#ended )) && compadd -l -V keys -d ended_shown -a ended && found=0
  [[ -n $takes_file ]] && _files && found=0
  return found
}
if [[ $funcstack[1] == _keys ]]; then
  _keys "$@"
elif (( $+functions[compdef] )); then
  compdef _keys keys
fi
`;

const maxColumn = 32;

/** Each candidate as it is inserted and as it is shown. */
function reply({ candidates, takesFile }: Completion): string {
  const column = Math.min(Math.max(0, ...candidates.map(({ value }) => value.length)), maxColumn);
  return lines([
    ...(takesFile ? [['files']] : []),
    ...candidates.map(({ value, description, isOpen }) => [
      isOpen ? 'open' : 'ended',
      value,
      description ? `${value.padEnd(column)}  -- ${description}` : value,
    ]),
  ]);
}

/** Where zsh looks is known only if it has told its programs; elsewhere, a line in `.zshrc` loads the script. */
function place(machine: Machine): Placement {
  const { env, home, exists } = machine;
  const next = ['start a new shell'];
  const own = env.FPATH?.split(':').find((folder) => folder.startsWith(`${home}/`) && exists(folder));
  if (own !== undefined) return { file: join(own, '_keys'), next: ['rm -f ~/.zcompdump*', ...next] };
  const file = join(dataFolder(machine), 'zsh', 'site-functions', '_keys');
  const load = '(( $+functions[compdef] )) || { autoload -Uz compinit && compinit -i }';
  const text = `${load}; source ${shellWord(file)}`;
  return { file, line: { file: join(env.ZDOTDIR || home, '.zshrc'), text }, next };
}

export const zsh: Shell = {
  script,
  describes: true,
  read(text) {
    const line = wordsIn(text);
    return line && { line, reply };
  },
  place,
};
