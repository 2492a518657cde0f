import { KeysError } from '../base/errors.ts';
import type { Key } from '../keys/key.ts';

/*
 * `{name}` and `{id}` in the command of `exec:`. Servers and colleagues choose their values: none may become a program, an
 * option, or a part of what a program takes for code. A placeholder that an interpreter would run is refused whatever its
 * value. Elsewhere harmless characters are allowed anywhere, and others only in an argument of their own, of a program
 * that passes its arguments to no other one.
 */

/** What is known of a key before it is created. */
export type Planned = Pick<Key, 'name'> & Partial<Pick<Key, 'id'>>;

/** Programs whose first argument, after options, is code or a file of code. */
const interpreter =
  /^(?:(?:(?:r?(?:ba|k|z)|da|mk|lk|pdk|ok|c|tc|ya|po|o|y|hu|r|a)?sh|fish|nu|elvish|xonsh|i?python|pypy|perl|ruby|j?irb|php|lua|luajit|tclsh|wish|expect|node|nodejs|guile|julia|groovy|elixir|runghc|gjs|qjs)(?:-?\d[\d.]*|-static)?|(?:[gmn]|original-|bio)?awk|g?sed|[jy]q|rscript|tsx|ts-node|osascript|powershell|pwsh|cmd)$/;

/** Programs that run their arguments, or pass them to a shell, here or on another machine. */
const launcher =
  /^(?:ssh|mosh|rsh|autossh|sshpass|plink|dbclient|su|sudo|doas|runuser|pkexec|env|xargs|parallel|find|watch|entr|timeout|nohup|nice|ionice|setsid|stdbuf|unbuffer|flock|chroot|nsenter|unshare|firejail|bwrap|busybox|toybox|time|strace|ltrace|gdb|script|expect|tmux|screen|at|batch|systemd-run|machinectl|eval|exec|command|builtin|make|gmake|ninja|just|npx|npm|deno|bun|docker|podman|nerdctl|lxc|incus|kubectl|oc|wsl|start|git|vim?|nvim|emacs|tar|rsync|powershell|pwsh|cmd|osascript|gosu|su-exec|setpriv|capsh|sg|chrt|taskset|numactl|prlimit|cgexec|fakeroot|proot|faketime|torsocks|proxychains4?|xvfb-run|dbus-run-session|tini|dumb-init|chronic|rlwrap|valgrind|perf|hyperfine|uvx?|pipx|poetry|bunx|pnpm|pnpx|yarn|mise|asdf|direnv|nix|nix-shell|guix|flatpak|distrobox|toolbox|runc|crun|ctr|crictl|docker-compose|ansible|pdsh|pssh|clush|slogin|lsh|scp|sftp|socat|ncat|nc|inotifywait|sqlite3|psql|mysql|mariadb|ed|ex|m4|dc)$/;

/** Commands in a shell script that take an argument for code in turn. */
const runsAgain =
  /(?:^|[\s;|&(`'"])(?:eval|ssh|su|sudo|xargs|parallel|watch|env|(?:ba|da|k|z|mk)?sh|python[\d.]*|perl|ruby|node|php|[gmn]?awk)(?=\s|$)/;

/** Options that make code of the next argument, whatever the program. */
const codeOption = /^-\w*[ceEr]$|^\/[ck]$|^--?(?:eval|exec|execute|command|code|run|print|require|import)$/i;
const option = /^-|^\+[a-z]$|^\/[a-z]$/i;
/** Options of interpreters whose value is the next argument, but not code. */
const optionWithValue = /^[-+]\w*[oO]$|^-[WXIrvf]$|^--(?:require|import|loader|rcfile|init-file)$/;

const placeholder = /\{(name|id)\}/;
const harmless = /^[A-Za-z0-9_.@:+-]+$/;

/**
 * Throws `KeysError` (2) for a command that must not contain a placeholder, or not with the values of this key. An id that
 * is not known yet counts as harmless.
 */
export function checkPlaceholders(command: readonly string[], key: Planned | undefined): void {
  const code = codeIn(command).find((word) => placeholder.test(word));
  if (code !== undefined) throw inCode(code);
  if (key) fillPlaceholders(command, { ...key, id: key.id ?? 'id' });
}

/** The arguments of a command, filled in. Throws as `checkPlaceholders`. */
export function fillPlaceholders(command: readonly string[], key: Pick<Key, 'id' | 'name'>): string[] {
  const code = codeIn(command).find((word) => placeholder.test(word));
  if (code !== undefined) throw inCode(code);
  const isPlain = !command.some(
    (word) => launcher.test(programOf(word)) || (/\s/.test(word) && runsAgain.test(word)),
  );
  return command.slice(1).map((template, at) => {
    const isAlone = /^\{(?:name|id)\}$/.test(template) && isPlain && !codeOption.test(command[at] ?? '');
    return template.replace(/\{(name|id)\}/g, (mark, field: 'name' | 'id', offset: number) => {
      const value = key[field];
      const opens = offset === 0 || /\s/.test(template[offset - 1] ?? '');
      if (opens && value.startsWith('-')) throw asOption(template, mark, value);
      if (!isAlone && !harmless.test(value)) throw unsafe(template, mark, value);
      return value;
    });
  });
}

function programOf(word: string): string {
  return (/[^/\\]*$/.exec(word)?.[0] ?? '').toLowerCase().replace(/\.(?:exe|cmd|bat|com)$/, '');
}

/** The arguments that an interpreter takes for options, for code, or for the file with the code. */
function codeIn(command: readonly string[]): string[] {
  const start = command.findIndex((word) => interpreter.test(programOf(word)));
  if (start < 0) return [];
  let at = start + 1;
  while (option.test(command[at] ?? '')) at += optionWithValue.test(command[at] ?? '') ? 2 : 1;
  return command.slice(start, at + 1);
}

function inCode(template: string): KeysError {
  const [mark = ''] = placeholder.exec(template) ?? [];
  return new KeysError({
    code: 'placeholder_in_code',
    message: `${mark} would be part of code, so that the name of a key could run anything; no key was created`,
    hints: [
      `without a shell: --to 'exec:./deliver ${mark}'`,
      `or as an argument of the code: --to 'exec:sh -c "./deliver \\"\\$1\\"" sh ${mark}'`,
    ],
  });
}

function unsafe(template: string, mark: string, value: string): KeysError {
  return new KeysError({
    code: 'placeholder_unsafe',
    message: `the value of ${mark}, '${value}', is not safe in '${template}': a program could take characters other than letters, digits and . _ @ : + - for code`,
    hints: [
      `make ${mark} a separate argument of a program that runs no other program: exec:./deliver ${mark}`,
    ],
  });
}

function asOption(template: string, mark: string, value: string): KeysError {
  return new KeysError({
    code: 'argument_is_flag',
    message: `the value of ${mark}, '${value}', begins with '-' and would be taken for an option`,
    hints: [`put something before it, as in --name=${template}`],
  });
}
