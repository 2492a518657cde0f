import { KeysError } from '../base/errors.ts';
import type { Key } from '../keys/key.ts';

/*
 * `{name}` and `{id}` in the command of `exec:`. Servers and colleagues choose them: no value may become a program, an
 * option, or a part of what some program takes for code. Where it would be run by an interpreter, the command is refused
 * whatever the value is. Elsewhere harmless characters may stand anywhere, and all others only as an argument of their
 * own, of a program that hands its arguments to no other one.
 */

/** What is known of a key before it is made. */
export type Planned = Pick<Key, 'name'> & Partial<Pick<Key, 'id'>>;

/** Programs whose first argument that is no option is code, or a file of code. */
const interpreter =
  /^(?:(?:(?:r?(?:ba|k|z)|da|mk|lk|pdk|ok|c|tc|ya|po|o|y|hu|r|a)?sh|fish|nu|elvish|xonsh|i?python|pypy|perl|ruby|j?irb|php|lua|luajit|tclsh|wish|expect|node|nodejs|guile|julia|groovy|elixir|runghc|gjs|qjs)(?:-?\d[\d.]*|-static)?|(?:[gmn]|original-|bio)?awk|g?sed|[jy]q|rscript|tsx|ts-node|osascript|powershell|pwsh|cmd)$/;

/** Programs that start what is in their arguments, or have a shell read them: here, or on another machine. */
const launcher =
  /^(?:ssh|mosh|rsh|autossh|sshpass|plink|dbclient|su|sudo|doas|runuser|pkexec|env|xargs|parallel|find|watch|entr|timeout|nohup|nice|ionice|setsid|stdbuf|unbuffer|flock|chroot|nsenter|unshare|firejail|bwrap|busybox|toybox|time|strace|ltrace|gdb|script|expect|tmux|screen|at|batch|systemd-run|machinectl|eval|exec|command|builtin|make|gmake|ninja|just|npx|npm|deno|bun|docker|podman|nerdctl|lxc|incus|kubectl|oc|wsl|start|git|vim?|nvim|emacs|tar|rsync|powershell|pwsh|cmd|osascript|gosu|su-exec|setpriv|capsh|sg|chrt|taskset|numactl|prlimit|cgexec|fakeroot|proot|faketime|torsocks|proxychains4?|xvfb-run|dbus-run-session|tini|dumb-init|chronic|rlwrap|valgrind|perf|hyperfine|uvx?|pipx|poetry|bunx|pnpm|pnpx|yarn|mise|asdf|direnv|nix|nix-shell|guix|flatpak|distrobox|toolbox|runc|crun|ctr|crictl|docker-compose|ansible|pdsh|pssh|clush|slogin|lsh|scp|sftp|socat|ncat|nc|inotifywait|sqlite3|psql|mysql|mariadb|ed|ex|m4|dc)$/;

/** In the text of a shell: what takes an argument of that text for code, again. */
const runsAgain =
  /(?:^|[\s;|&(`'"])(?:eval|ssh|su|sudo|xargs|parallel|watch|env|(?:ba|da|k|z|mk)?sh|python[\d.]*|perl|ruby|node|php|[gmn]?awk)(?=\s|$)/;

/** What makes code of the next argument, whatever the program is. */
const codeOption = /^-\w*[ceEr]$|^\/[ck]$|^--?(?:eval|exec|execute|command|code|run|print|require|import)$/i;
const option = /^-|^\+[a-z]$|^\/[a-z]$/i;
/** Options of interpreters whose value is the next argument, and no code. */
const optionWithValue = /^[-+]\w*[oO]$|^-[WXIrvf]$|^--(?:require|import|loader|rcfile|init-file)$/;

const placeholder = /\{(name|id)\}/;
const harmless = /^[A-Za-z0-9_.@:+-]+$/;

/**
 * Throws `KeysError` (2) for a command in which a placeholder may not stand, or not for this key. An id that is not known
 * yet counts as harmless.
 */
export function checkPlaceholders(command: readonly string[], key: Planned | undefined): void {
  const code = codeIn(command).find((word) => placeholder.test(word));
  if (code !== undefined) throw inCode(code);
  if (key) fillPlaceholders(command, { ...key, id: key.id ?? 'id' });
}

/** The arguments of a command, filled in. Throws `KeysError` (2) as `checkPlaceholders` does. */
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

/** The arguments that an interpreter takes for its options, for code, or for the file with the code. */
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
    message: `${mark} would stand in what is run as a program, and the name of a key could then run anything; no key was made`,
    hints: [
      `without a shell: --to 'exec:./deliver ${mark}'`,
      `or as an argument of the code: --to 'exec:sh -c "./deliver \\"\\$1\\"" sh ${mark}'`,
    ],
  });
}

function unsafe(template: string, mark: string, value: string): KeysError {
  return new KeysError({
    code: 'placeholder_unsafe',
    message: `the value of ${mark}, '${value}', may not stand in '${template}' of this command: it has more than letters, digits and . _ @ : + -, which a program could take for code`,
    hints: [`make ${mark} an argument of its own, of a program that starts no other: exec:./deliver ${mark}`],
  });
}

function asOption(template: string, mark: string, value: string): KeysError {
  return new KeysError({
    code: 'argument_is_flag',
    message: `the value of ${mark}, '${value}', begins with '-', and would be taken for an option`,
    hints: [`write something before it, as in --name=${template}`],
  });
}
