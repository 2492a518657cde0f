import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { lacks } from '../support/real-parts.ts';
import { program, Sandbox } from '../support/sandbox.ts';
import { Terminal } from '../support/terminal.ts';

/* The scripts in the shells that they are for, with a person at the keyboard. */

/** How a shell is started without the user's settings, and told to write the words of a command line to `words`. */
const shells = {
  bash: {
    start: ['bash', '--norc', '--noprofile', '-i'],
    load: ['source <(command keys completion bash)', 'keys() { printf \'<%s>\' "$@" > words; echo run; }'],
  },
  zsh: {
    start: ['zsh', '-f', '-i'],
    load: [
      'autoload -Uz compinit; compinit -D; unsetopt beep',
      'source <(command keys completion zsh)',
      'keys() { printf \'<%s>\' "$@" > words; echo run; }',
    ],
  },
  fish: {
    start: ['fish', '--no-config', '-i'],
    load: [
      'command keys completion fish | source',
      "function keys; printf '<%s>' $argv > words; echo run; end",
    ],
  },
} as const;

type ShellName = keyof typeof shells;

/** A shell in a terminal, with completion loaded. */
class Session {
  readonly #box: Sandbox;
  readonly #terminal: Terminal;

  private constructor(box: Sandbox, terminal: Terminal) {
    this.#box = box;
    this.#terminal = terminal;
  }

  static async start(box: Sandbox, name: ShellName, env: Record<string, string> = {}): Promise<Session> {
    const bin = join(box.cwd, '..', 'bin');
    mkdirSync(bin, { recursive: true });
    symlinkSync(program, join(bin, 'keys'));
    const { start, load } = shells[name];
    const terminal = new Terminal(box, start, {
      env: { PATH: `${bin}:${process.env.PATH}`, TERM: 'xterm', PS1: '> ', ...env },
    });
    for (const line of load) terminal.type(`${line}\r`);
    terminal.type('echo rea""dy\r');
    await terminal.shows('ready');
    return new Session(box, terminal);
  }

  /** Types a text and Tab, then Enter. The words that the shell makes of the line. */
  async complete(text: string): Promise<string> {
    const words = join(this.#box.cwd, 'words');
    rmSync(words, { force: true });
    const runs = this.#terminal.output.split('run\r').length;
    this.#terminal.type(`${text}\t\r`);
    await this.#terminal.shows('run\r', runs);
    return readFileSync(words, 'utf8');
  }
}

const hostileNames = [
  '$(touch pwned)',
  '`touch pwned`',
  "'; touch pwned; '",
  '"; touch pwned; "',
  'a; touch pwned',
  'b && touch pwned',
  'c | touch pwned',
  'd\\',
  '~root',
  '!!',
  '{a,b}',
  '*',
  '#x',
  '%1',
  'e:f=g',
  '$HOME',
  '<(touch pwned)',
  'café ☕',
];

describe.each(Object.keys(shells) as ShellName[])('%s', (name) => {
  const isMissing = name === 'bash' ? false : lacks(name);

  test.skipIf(isMissing)('completes commands, flags, values and the names of keys', async () => {
    const box = new Sandbox();
    await box.keys(['create', 'production', '--secret-only'], { secretOnStdout: true });
    const session = await Session.start(box, name);
    expect(await session.complete('keys show pro')).toBe('<show><production>');
    expect(await session.complete('keys prof')).toMatch(/^<prof/);
    expect(await session.complete('keys snip')).toBe('<snippet>');
    expect(await session.complete('keys list --stat')).toBe('<list><--status>');
    expect(await session.complete('keys list --status expirin')).toBe('<list><--status><expiring>');
    expect(await session.complete('keys list --json id,desc')).toBe('<list><--json><id,description>');
    expect(await session.complete('keys profile us')).toBe('<profile><use>');
    expect(await session.complete('keys create x --to keych')).toBe('<create><x><--to><keychain:>');
    mkdirSync(join(box.cwd, 'some folder'));
    writeFileSync(join(box.cwd, 'some folder', 'the file'), '');
    expect(await session.complete('keys create x --to file:som')).toBe(
      '<create><x><--to><file:some folder/>',
    );
    expect(await session.complete("keys create x --to 'file:some folder/th")).toBe(
      '<create><x><--to><file:some folder/the file>',
    );
    expect(await session.complete('keys backup som')).toMatch(/^<backup><some folder\/?>$/);
  });

  test.skipIf(isMissing)('takes every name for text', async () => {
    const box = new Sandbox();
    for (const [at, key] of hostileNames.entries())
      await box.keys(['create', '--secret-only', '--', `k${at}-${key}`], { secretOnStdout: true });
    const session = await Session.start(box, name);
    for (const [at, key] of hostileNames.entries())
      expect(await session.complete(`keys show k${at}-`)).toBe(`<show><k${at}-${key}>`);
    expect(readdirSync(box.cwd)).toEqual(['words']);
  });
});
