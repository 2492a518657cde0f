import { join } from 'node:path';
import type { Machine } from '../../platform/machine.ts';
import type { Placement, Shell } from './shell.ts';
import { configFolder, scriptMark, wordsIn } from './shell.ts';

/*
 * PowerShell inserts text as it is, so it is quoted here. Both ways are ASCII, whatever encoding the console has: the words
 * come in base64, the reply is JSON without other characters.
 */

const script = `# PowerShell completion for keys
# ${scriptMark} powershell
Register-ArgumentCompleter -Native -CommandName keys -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $keys = Get-Command keys -CommandType Application -ErrorAction Ignore | Select-Object -First 1
    if (-not $keys) { return }
    $words = @($commandAst.CommandElements | Select-Object -Skip 1 |
        Where-Object { $_.Extent.EndOffset -lt $cursorPosition } |
        ForEach-Object {
            if ($_ -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $_.Value }
            else { $_.Extent.Text }
        })
    $text = (($words + $wordToComplete) -join [char]0) + [char]0
    $request = [Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes($text))
    $reply = $request | & $keys completion --words powershell 2>$null | Out-String
    if (-not $reply.Trim()) { return }
    foreach ($one in @(ConvertFrom-Json $reply)) {
        [System.Management.Automation.CompletionResult]::new($one.text, $one.shown, 'ParameterValue', $one.tip)
    }
}
`;

/** PowerShell takes typographic quotes for quotes, too: https://learn.microsoft.com/powershell/scripting/lang-spec/chapter-02 */
function quoted(text: string): string {
  if (/^[\w./:=+-]+$/.test(text)) return text;
  return `'${text.replace(/['\u2018-\u201b]/g, '$&$&')}'`;
}

function inAscii(json: string): string {
  return json.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** PowerShell looks nowhere: its profile loads the script. On Windows, only PowerShell knows where the profile is. */
async function place(machine: Machine): Promise<Placement> {
  const { platform, env, home } = machine;
  const next = ['start a new shell'];
  if (platform !== 'win32') {
    const folder = join(configFolder(machine), 'powershell');
    const file = join(folder, 'keys-completion.ps1');
    return { file, line: { file: join(folder, 'profile.ps1'), text: loadingLine(file) }, next };
  }
  const file = join(env.LOCALAPPDATA || join(home, 'AppData', 'Local'), 'keys', 'keys-completion.ps1');
  const ask = ['-NoProfile', '-NonInteractive', '-Command', '$PROFILE.CurrentUserAllHosts'];
  const profile =
    (await machine.outputOf(['pwsh', ...ask])) ?? (await machine.outputOf(['powershell', ...ask]));
  const text = loadingLine(file);
  return profile
    ? { file, line: { file: profile.trim(), text }, next }
    : { file, next: ['add this line to the file that $PROFILE names', text] };
}

function loadingLine(file: string): string {
  return `. ${quoted(file)}`;
}

export const powershell: Shell = {
  place,
  script,
  describes: true,
  read(text) {
    const line = wordsIn(Buffer.from(text.trim(), 'base64').toString('utf8'));
    if (!line) return undefined;
    return {
      // A quote that is still open is a part of the word.
      line: { words: line.words, current: line.current.replace(/^['"\u2018-\u201f]/, '') },
      reply: ({ candidates }) =>
        candidates.length === 0
          ? ''
          : inAscii(
              JSON.stringify(
                candidates.map(({ value, description }) => ({
                  text: quoted(value),
                  shown: value,
                  tip: description || value,
                })),
              ),
            ),
    };
  },
};
