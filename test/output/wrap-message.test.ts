import fc from 'fast-check';
import { expect, test } from 'vitest';
import { wrapMessage } from '../../src/output/wrap-message.ts';
import { fakeIo } from '../support/fake-io.ts';

function at(columns: number | undefined, line: string): Promise<string> {
  const { io } = fakeIo({ cwd: '/', env: {}, ...(columns !== undefined && { terminal: columns }) });
  return wrapMessage(line, io.stderr);
}

test('at 60 columns, lines are broken between words, and commands are not', async () => {
  const lines = [
    "error: no key has the id or the name 'a key with a name of several words', and no profile has it either",
    'error: the API refused the key: a budget of 25 dollars is more than the organisation may spend in a month (request r-1)',
    'hint: choose another folder with KEYS_HOME, which is writable and private (keys help environment)',
    'hint: keys login --store file --profile work --provider unreal --url https://keys.example.com/a/long/path',
    'hint: store it in a file that only you can read: keys login --store file --profile work --provider unreal',
    'hint: start a keyring: dbus-run-session -- bash -c \'read -rsp "Password: " p; printf %s "$p" | unlock; exec $SHELL\'',
    'warning: the name 鍵鍵鍵鍵鍵鍵鍵鍵鍵鍵鍵鍵 is wide, so that the line is broken before it would be by letters',
    'the secret is not shown again: store it now, then clear the scrollback (clear; in tmux: tmux clear-history)',
    'error: short',
  ];
  const set = await Promise.all(lines.map((line) => at(60, line)));
  expect(set.join('\n')).toMatchInlineSnapshot(`
    "error: no key has the id or the name
           'a key with a name of several words', and no profile
           has it either
    error: the API refused the key: a budget of 25 dollars is
           more than the organisation may spend in a month
           (request r-1)
    hint: choose another folder with KEYS_HOME, which is
          writable and private (keys help environment)
    hint: keys login --store file --profile work --provider unreal --url https://keys.example.com/a/long/path
    hint: store it in a file that only you can read:
          keys login --store file --profile work --provider unreal
    hint: start a keyring:
          dbus-run-session -- bash -c 'read -rsp "Password: " p; printf %s "$p" | unlock; exec $SHELL'
    warning: the name 鍵鍵鍵鍵鍵鍵鍵鍵鍵鍵鍵鍵 is wide, so that
             the line is broken before it would be by letters
    the secret is not shown again: store it now, then clear
      the scrollback (clear; in tmux: tmux clear-history)
    error: short"
  `);
});

test('off a terminal, a message is one line', async () => {
  const line = `error: ${'word '.repeat(100)}`;
  expect(await at(undefined, line)).toBe(line);
  expect(await at(0, line)).toBe(line);
});

test('wrapping changes nothing but spaces, and breaks no command of a hint', async () => {
  const words = fc.array(fc.stringMatching(/^[!-~鍵é]{1,20}$/), { minLength: 1, maxLength: 40 });
  const start = fc.constantFrom('error: ', 'hint: ', 'warning: ', '');
  await fc.assert(
    fc.asyncProperty(
      start,
      words,
      words,
      fc.integer({ min: 1, max: 120 }),
      async (label, some, more, columns) => {
        const pasted = `keys ${more.join(' ')}`;
        const line = `${label}${some.join(' ')}: ${pasted}`;
        const text = await at(columns, line);
        expect(text.replace(/\s+/g, ' ')).toBe(line.replace(/\s+/g, ' '));
        // A colon in what comes before may begin the command earlier.
        expect(text.split('\n').at(-1)).toContain(pasted);
      },
    ),
  );
});

test('a line that fits, or is set already, stays as it is', async () => {
  for (const line of ['ci  key_1  active  never used', '  keys provider check acme.json --show-requests'])
    expect(await at(30, line)).toBe(line);
});
