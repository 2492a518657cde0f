import { expect, test } from 'vitest';
import type { Candidate, NameRequest } from '../../src/app/completion/find-names.ts';
import { complete } from '../../src/cli/completion.ts';
import { catalog } from '../../src/commands/catalog.ts';
import { manualOf } from '../../src/commands/manual.ts';

const requests: { kind: string; request: NameRequest }[] = [];

/** The values offered after a line; its last word is the current one. */
async function offered(line: string, names: readonly string[] = []): Promise<string[]> {
  const { candidates } = await completed(line, names);
  return candidates.map(({ value }) => value);
}

function completed(line: string, names: readonly string[] = []) {
  const words = line.split(' ');
  const current = words.pop() ?? '';
  requests.length = 0;
  return complete(
    { words, current },
    {
      catalog,
      describes: true,
      topics: async () => manualOf(catalog).topics,
      findNames: async (kind, request) => {
        requests.push({ kind, request });
        return names.map((value): Candidate => ({ value }));
      },
    },
  );
}

test('the first word is a command or a group, each once', async () => {
  const words = await offered('');
  expect(words).toContain('create');
  expect(words.filter((word) => word === 'profile')).toEqual(['profile']);
  expect(words).not.toContain('ls');
  expect(await offered('l')).toEqual(expect.arrayContaining(['list', 'login', 'ls']));
});

test('a group is followed by its commands, with what they do', async () => {
  expect(await completed('profile u')).toEqual({
    takesFile: false,
    candidates: [{ value: 'use', description: 'make a profile the current one' }],
  });
  expect(await offered('profile r')).toEqual(['remove', 'rm']);
});

test('an alias completes as its command', async () => {
  expect(await offered('ls --sta')).toEqual(['--status']);
  expect(await offered('profile rm ', ['work'])).toEqual(['work']);
  expect(requests.map(({ kind }) => kind)).toEqual(['profile']);
});

test('nothing follows a word that is no command', async () => {
  expect(await offered('nosuch ')).toEqual([]);
  expect(await offered('nosuch --')).toEqual([]);
  expect(await offered('profile nosuch ')).toEqual([]);
});

test('flags are offered until they are given, unless they can be repeated', async () => {
  expect(await offered('list --sta')).toEqual(['--status']);
  expect(await offered('list --status all --sta')).toEqual([]);
  expect(await offered('list --status=all --sta')).toEqual([]);
  expect(await offered('create x --to stdout --t')).toEqual(['--to', '--timeout']);
  expect(await offered('-q list --qu')).toEqual([]);
  expect(await offered('--ver')).toEqual(['--version']);
});

test('flags without a hyphen only where nothing else can follow', async () => {
  expect(await offered('list ')).toContain('--status');
  expect(await offered('show ', [])).toEqual([]);
  expect(await offered('show x ', [])).toContain('--profile');
});

test('the value of a flag, after a space and after an equals sign', async () => {
  expect(await offered('list --status ex')).toEqual(['expiring', 'expired']);
  expect(await offered('list --status=ex')).toEqual(['--status=expiring', '--status=expired']);
  expect(await offered('--format j')).toEqual(['json']);
  expect(await offered('audit --format s')).toEqual(['sarif']);
  expect(await offered('list --format s')).toEqual([]);
  expect(await offered('list --search ')).toEqual([]);
  expect(await offered('snippet ci --lang py')).toEqual(['python']);
});

test('lists of fields go on, without those that they have', async () => {
  expect(await completed('list --json id,na')).toMatchObject({
    candidates: [{ value: 'id,name', isOpen: true }],
  });
  expect(await offered('list --json id,i')).toEqual([]);
  expect(await offered('list --fields prov')).toEqual(['provider']);
});

test('after --json stands a list, an operand, or a flag', async () => {
  expect(await offered('show --json na', ['nasty'])).toEqual(['name', 'nasty']);
  expect(await offered('show --json name na', ['nasty'])).toEqual(['nasty']);
  expect(await offered('list --json --rev')).toEqual(['--reverse']);
});

test('names are asked for with what is typed of them and the flags that were given', async () => {
  await offered('--profile work show pro', ['production']);
  const [asked] = requests;
  expect(asked?.kind).toBe('key');
  expect(asked?.request.prefix).toBe('pro');
  expect(asked?.request.flag('profile')).toBe('work');
  expect(asked?.request.flag('provider')).toBeUndefined();
});

test('operands are offered as often as the command takes them, and each once', async () => {
  expect(await offered('show ', ['a', 'b'])).toEqual(['a', 'b']);
  expect(await offered('show a b', ['a', 'b'])).toEqual([]);
  expect(await offered('revoke a ', ['a', 'b'])).toEqual(['b']);
  expect(await offered('create ', ['a'])).not.toContain('a');
});

test('a name that would be taken for a flag is offered only after --', async () => {
  expect(await offered('show ', ['-x', 'y'])).toEqual(['y']);
  expect(await offered('show -- ', ['-x', 'y'])).toEqual(['-x', 'y']);
});

test('case does not count if nothing starts with the word as it is', async () => {
  expect(await offered('show PRO', ['production', 'PROD'])).toEqual(['PROD']);
  expect(await offered('show PRO', ['production'])).toEqual(['production']);
});

test('the source of a variable is offered after its name', async () => {
  expect(await offered('run --env A', ['file:'])).toEqual([]);
  expect(await offered('run --env API_KEY=', ['file:', 'env:'])).toEqual(['API_KEY=file:', 'API_KEY=env:']);
  expect(requests.map(({ kind, request }) => [kind, request.prefix])).toEqual([['source', '']]);
});

test('a command offers what it takes', async () => {
  expect(await offered('profile use ', ['local', 'work'])).toEqual(['local', 'work']);
  expect(await offered('profile remove ', ['local', 'work'])).toEqual(['work']);
});

test('files are left to the shell', async () => {
  expect(await completed('backup ')).toEqual({ candidates: [], takesFile: true });
  expect(await completed('run --env A=file:a -- ')).toEqual({ candidates: [], takesFile: true });
  expect(await completed('run ')).toMatchObject({ takesFile: false });
});

test('help takes commands, their second words, and topics', async () => {
  expect(await offered('help ex')).toContain('exit-codes');
  expect(await offered('help prov')).toEqual(['provider', 'providers']);
  expect(await offered('help provider sh')).toEqual(['show']);
  expect(await offered('help create ')).not.toContain('create');
});

test('the words of an operand', async () => {
  expect(await offered('completion ')).toEqual(['bash', 'zsh', 'fish', 'powershell']);
  expect(await offered('api P')).toEqual(['POST', 'PUT', 'PATCH']);
});
