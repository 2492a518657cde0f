import { visible } from '../base/sanitise.ts';

/*
 * Code that calls an API with a key, to paste or to save. The name and id of a key are foreign text: they appear in a
 * comment only, escaped so that no interpreter gives them a meaning. The secret never appears: it is read from an
 * environment variable and handed to other programs through a pipe, never as an argument.
 */

export const languages = ['curl', 'python', 'node', 'sh', 'cmd', 'powershell'] as const;
export type Language = (typeof languages)[number];

/** The environment variable that holds the secret. */
export const variable = 'API_KEY';

/** A GET that any key may make and that changes nothing. */
export interface HarmlessCall {
  key: { id: string; name: string };
  /** In full, as `URL.href`: visible ASCII without `"`. */
  url: string;
  /** The header that carries the secret, and the text before it there, such as `Bearer `. */
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

  // In braces: pasted into a terminal as a whole, the next line must not be read as the secret.
  sh: (call) => [
    `# ${about(call)}`,
    '{',
    "  printf 'API key: ' >&2",
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

  // The imports come first: a comment in the first two lines can declare an encoding (PEP 263).
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

  // No top-level `await`: it runs as a script, as a module and with `node -e`.
  node: (call) => [
    `// ${about(call)}`,
    `fetch(${JSON.stringify(call.url)}, {`,
    '  headers: {',
    `    ${JSON.stringify(call.header)}: ${JSON.stringify(call.before)} + process.env.${variable},`,
    ...constants(call).map(([name, text]) => `    ${JSON.stringify(name)}: ${JSON.stringify(text)},`),
    '  },',
    '}).then(async (response) => console.log(response.status, await response.text()));',
  ],

  // `cmd /v:on` expands the variable itself, so the secret is in no argument list.
  cmd: (call) => [
    `@rem ${about(call).replace(/[^ -~]/g, '?')}`,
    `@set /p "${variable}=API key: "`,
    `@cmd /v:on /c "echo ${inCmd(call.header)}: ${inCmd(call.before)}!${variable}!"|${[
      'curl --silent --show-error --fail --globoff',
      ...constants(call).map(([name, text]) => `--header "${inCmd(name)}: ${inCmd(text)}"`),
      `--header @- "${call.url.replaceAll('%', '%%')}"`,
    ].join(' ')}`,
  ],

  powershell: (call) => [
    `# ${about(call)}`,
    '& {',
    "  $value = Read-Host -AsSecureString 'API key'",
    `  $env:${variable} = [System.Net.NetworkCredential]::new('', $value).Password`,
    `  Invoke-RestMethod -Uri ${inPowerShell(call.url)} -Headers @{`,
    `    ${inPowerShell(call.header)} = ${inPowerShell(call.before)} + $env:${variable}`,
    ...constants(call).map(([name, text]) => `    ${inPowerShell(name)} = ${inPowerShell(text)}`),
    '  }',
    '}',
  ],
};

/** `printf` is built into the shell: its arguments show up in no process list. */
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

/** Letters, digits and marks of any script, symbols, and punctuation without meaning in any shell. */
const harmless = /[\p{L}\p{M}\p{N}\p{So}\u200d\ufe0f ._@:/+,-]/u;

/**
 * One line about the key. Anything not harmless is escaped, even though it is in a comment: zsh has no comments in
 * interactive input, and would run a `$(…)`.
 */
function about({ key: { id, name } }: HarmlessCall): string {
  return `key ${plain(name)}, id ${plain(id)}, secret in ${variable}`;
}

function plain(text: string): string {
  return [...visible(text.replaceAll('\\', '\\x5c'))].map(escaped).join('');
}

/** By this point, every backslash starts an escape. */
function escaped(character: string): string {
  const isHarmless = character === '\\' || harmless.test(character);
  return isHarmless ? character : `\\u{${character.codePointAt(0)?.toString(16)}}`;
}

function inShell(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** PowerShell treats typographic quotes as quotes, too. */
function inPowerShell(text: string): string {
  return `'${text.replace(/['\u2018-\u201b]/g, '$&$&')}'`;
}

/** cmd has no quoting that always holds: characters that could mean something to it are dropped. */
function inCmd(text: string): string {
  return text.replace(/[^\w .:/+,;=@-]/g, '');
}
