import { visible } from '../../base/sanitise.ts';

/*
 * Code that calls an API with a key, to be pasted or kept in a file. A key's name and id were chosen by others: they
 * stand in a comment, and nothing in them means anything to any interpreter. The value stands nowhere: it is read from an
 * environment variable, and where another program sends it, it is handed over through a pipe, never as an argument.
 */

export const languages = ['curl', 'python', 'node', 'sh', 'cmd', 'powershell'] as const;
export type Language = (typeof languages)[number];

/** The environment variable that holds the value. */
export const variable = 'API_KEY';

/** A GET that a key allows and that changes nothing. */
export interface HarmlessCall {
  key: { id: string; name: string };
  /** In full, as `URL.href` writes it: visible ASCII without `"`. */
  url: string;
  /** The header that carries the value, and what stands before it there, such as `Bearer `. */
  header: string;
  before: string;
  /** The same on every call. */
  headers: Readonly<Record<string, string>>;
}

export function snippetCode(language: Language, call: HarmlessCall): string {
  return `${writers[language](call).join('\n')}\n`;
}

const writers: Readonly<Record<Language, (call: HarmlessCall) => string[]>> = {
  curl: (call) => [`# ${about(call)}`, ...curlLines(call)],

  // In braces, so that a terminal into which all of it is pasted does not take the next line for the value.
  sh: (call) => [
    `# ${about(call)}`,
    '{',
    "  printf 'Value of the key: ' >&2",
    `  if [ -n "\${BASH_VERSION-}\${ZSH_VERSION-}" ]; then`,
    `    IFS= read -rs ${variable}`,
    '  else',
    "    trap 'stty echo' INT; stty -echo 2>/dev/null",
    `    IFS= read -r ${variable}`,
    '    stty echo 2>/dev/null; trap - INT',
    '  fi',
    "  printf '\\n' >&2",
    `  export ${variable}`,
    ...curlLines(call).map((line) => `  ${line}`),
    '}',
  ],

  // The imports come first: in one of the first two lines, a comment can name an encoding (PEP 263).
  python: (call) => [
    'import os',
    'import urllib.request',
    '',
    `# ${about(call)}`,
    'request = urllib.request.Request(',
    `    ${JSON.stringify(call.url)},`,
    '    headers={',
    `        ${JSON.stringify(call.header)}: ${JSON.stringify(call.before)} + os.environ["${variable}"],`,
    ...constants(call).map(([name, text]) => `        ${JSON.stringify(name)}: ${JSON.stringify(text)},`),
    '    },',
    ')',
    'with urllib.request.urlopen(request) as response:',
    '    print(response.status, response.read().decode())',
  ],

  // Without `await` at the top, so that it runs as a script, as a module and with `node -e`.
  node: (call) => [
    `// ${about(call)}`,
    `fetch(${JSON.stringify(call.url)}, {`,
    '  headers: {',
    `    ${JSON.stringify(call.header)}: ${JSON.stringify(call.before)} + process.env.${variable},`,
    ...constants(call).map(([name, text]) => `    ${JSON.stringify(name)}: ${JSON.stringify(text)},`),
    '  },',
    '}).then(async (response) => console.log(response.status, await response.text()));',
  ],

  // `cmd /v:on` puts the value in by itself, so that it does not stand in its arguments.
  cmd: (call) => [
    `@rem ${about(call).replace(/[^ -~]/g, '?')}`,
    `@set /p "${variable}=Value of the key: "`,
    `@cmd /v:on /c "echo ${inCmd(call.header)}: ${inCmd(call.before)}!${variable}!"|${[
      'curl --silent --show-error --fail --globoff',
      ...constants(call).map(([name, text]) => `--header "${inCmd(name)}: ${inCmd(text)}"`),
      `--header @- "${call.url.replaceAll('%', '%%')}"`,
    ].join(' ')}`,
  ],

  powershell: (call) => [
    `# ${about(call)}`,
    '& {',
    "  $value = Read-Host -AsSecureString 'Value of the key'",
    `  $env:${variable} = [System.Net.NetworkCredential]::new('', $value).Password`,
    `  Invoke-RestMethod -Uri ${inPowerShell(call.url)} -Headers @{`,
    `    ${inPowerShell(call.header)} = ${inPowerShell(call.before)} + $env:${variable}`,
    ...constants(call).map(([name, text]) => `    ${inPowerShell(name)} = ${inPowerShell(text)}`),
    '  }',
    '}',
  ],
};

/** `printf` is a part of the shell: what it is given is in no list of processes. */
function curlLines(call: HarmlessCall): string[] {
  return [
    `printf '%s%s\\n' ${inShell(`${call.header}: ${call.before}`)} "$${variable}" |`,
    '  curl --silent --show-error --fail --globoff \\',
    ...constants(call).map(([name, text]) => `    --header ${inShell(`${name}: ${text}`)} \\`),
    `    --header @- ${inShell(call.url)}`,
  ];
}

function constants({ headers }: HarmlessCall): [name: string, text: string][] {
  return Object.entries(headers);
}

/** Letters, digits and marks of any script, pictures, and punctuation that no shell gives a meaning to. */
const harmless = /[\p{L}\p{M}\p{N}\p{So}\u200d\ufe0f ._@:/+,-]/u;

/**
 * One line about the key. Everything that is not harmless is written as an escape, also where a comment would do: zsh
 * knows no comments in what is typed, and would run `$(…)` in one.
 */
function about({ key: { id, name } }: HarmlessCall): string {
  return `key ${plain(name)}, id ${plain(id)}, its value is in ${variable}`;
}

function plain(text: string): string {
  return [...visible(text.replaceAll('\\', '\\x5c'))].map(escaped).join('');
}

/** A backslash is one of an escape by now. */
function escaped(character: string): string {
  const isHarmless = character === '\\' || harmless.test(character);
  return isHarmless ? character : `\\u{${character.codePointAt(0)?.toString(16)}}`;
}

function inShell(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** PowerShell takes typographic quotes for quotes, too. */
function inPowerShell(text: string): string {
  return `'${text.replace(/['\u2018-\u201b]/g, '$&$&')}'`;
}

/** cmd has no way to quote that holds everywhere: what could mean something to it is left out. */
function inCmd(text: string): string {
  return text.replace(/[^\w .:/+,;=@-]/g, '');
}
