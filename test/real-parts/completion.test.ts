import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { lacks } from '../support/real-parts.ts';
import { program, Sandbox } from '../support/sandbox.ts';
import { Terminal } from '../support/terminal.ts';
import { UnrealServer } from '../support/unreal-server.ts';

/* The scripts in the shells that they are for, with a person at the keyboard. */

const bashCompletion = '/usr/share/bash-completion/bash_completion';
const record = `keys() { printf '<%s>' "$@" > words; echo run; }`;

/**
 * How a shell is started without the user's settings, and with those that `--install` changes; how it loads completion, and
 * how it is told to write the words of a command line to the file `words`.
 */
const shells = {
  bash: {
    start: ['bash', '--norc', '--noprofile', '-i'],
    installed: ['bash', '--noprofile', '--rcfile', bashCompletion, '-i'],
    load: ['source <(command keys completion bash)'],
    record,
  },
  zsh: {
    start: ['zsh', '-f', '-i'],
    installed: ['zsh', '-i'],
    load: ['autoload -Uz compinit; compinit -D; unsetopt beep', 'source <(command keys completion zsh)'],
    record,
  },
  fish: {
    start: ['fish', '--no-config', '-i'],
    installed: ['fish', '-i'],
    load: ['command keys completion fish | source'],
    record: "function keys; printf '<%s>' $argv > words; echo run; end",
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

  static async start(
    box: Sandbox,
    name: ShellName,
    { env = {}, isInstalled = false }: { env?: Record<string, string>; isInstalled?: boolean } = {},
  ): Promise<Session> {
    const bin = join(box.cwd, '..', 'bin');
    mkdirSync(bin, { recursive: true });
    symlinkSync(program, join(bin, 'keys'));
    const { start, installed, load, record } = shells[name];
    const terminal = new Terminal(box, isInstalled ? installed : start, {
      env: { PATH: `${bin}:${process.env.PATH}`, TERM: 'xterm', PS1: '> ', ...env },
    });
    for (const line of isInstalled ? [record] : [...load, record]) terminal.type(`${line}\r`);
    terminal.type('echo rea""dy\r');
    await terminal.shows('ready');
    return new Session(box, terminal);
  }

  /** Types a text, Tab twice for a list, and clears the line. All that the terminal was sent. */
  async list(text: string): Promise<string> {
    const start = this.#terminal.output.length;
    this.#terminal.type(`${text}\t\t`);
    await this.#terminal.rests();
    this.#terminal.type('\x15');
    await this.complete('keys snip');
    return this.#terminal.output.slice(start);
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

/** A shell would end a candidate at some, and a terminal would obey others: offered by their ids. */
const unshowableNames = [
  'one\n$(touch pwned)',
  'two\ttouch pwned',
  '\x1b[2J\x1b[1;1Hwiped',
  '\x1b]0;title\x07',
  'turn\u202edenrut',
  '\0touch pwned',
  '-rf',
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

  test.skipIf(isMissing)(
    'takes what a server has named for text, and shows no control characters',
    async () => {
      const box = new Sandbox();
      mkdirSync(box.home, { mode: 0o700 });
      const server = await UnrealServer.start();
      for (const [at, key] of hostileNames.entries()) server.add(`k${at}-${key}`);
      for (const key of unshowableNames) server.add(key);
      const env = { KEYS_PROVIDER: 'unreal', KEYS_URL: server.url, KEYS_TOKEN: 'tok-EXAMPLE' };
      await box.program(['completion', '--refresh'], { env, stdin: JSON.stringify({ env }) });
      const session = await Session.start(box, name, { env });
      for (const [at, key] of hostileNames.entries())
        expect(await session.complete(`keys show k${at}-`)).toBe(`<show><k${at}-${key}>`);
      for (const { name: key, hash } of server.keys)
        if (unshowableNames.includes(key))
          expect(await session.complete(`keys show ${hash}`)).toBe(`<show><${hash}>`);
      const list = await session.list('keys show ');
      expect(list).toMatch(/touch\\? pwned/);
      expect(list).not.toContain('\x1b]0;title');
      expect(list).not.toContain('\x1b[2J\x1b[1;1Hwiped');
      expect(readdirSync(box.cwd)).toEqual(['words']);
    },
  );

  test.skipIf(isMissing || (name === 'bash' && lacks(bashCompletion)))(
    'finds the script that was installed',
    async () => {
      const box = new Sandbox();
      await box.keys(['create', 'production', '--secret-only'], { secretOnStdout: true });
      expect((await box.program(['completion', name, '--install'])).exit).toBe(0);
      const session = await Session.start(box, name, { isInstalled: true });
      expect(await session.complete('keys show pro')).toBe('<show><production>');
    },
  );
});
