import { describe, expect, test } from 'vitest';
import { asksForJson, bindJsonFields, findCommand } from '../../src/cli/argv.ts';
import { catalog } from '../../src/commands/catalog.ts';

const isField = (name: string) => ['id', 'name', 'status', 'usage'].includes(name);

/** A command line as it is typed, without quotes. */
function words(line: string): string[] {
  return line.split(' ').filter((word) => word !== '');
}

describe('the command', () => {
  test.each([
    ['', '', ''],
    ['list', 'list', ''],
    ['list --json id', 'list', '--json id'],
    ['show ci --format yaml', 'show', 'ci --format yaml'],
    ['create list', 'create', 'list'],
    ['provider list', 'provider list', ''],
    ['provider list -q', 'provider list', '-q'],
    ['provider --json list', 'provider list', '--json='],
    ['provider', 'provider', ''],
    ['provider nonsense', 'provider nonsense', ''],
    ['nonsense list', 'nonsense', 'list'],
    ['-q list', 'list', '-q'],
    ['-y --no-input revoke ci', 'revoke', '-y --no-input ci'],
    ['--profile x list', 'list', '--profile x'],
    ['--profile list list', 'list', '--profile list'],
    ['--profile=x list', 'list', '--profile=x'],
    ['--format json --timeout 5s list ci', 'list', '--format json --timeout 5s ci'],
    ['--profile', '', '--profile'],
    ['--help', '', '--help'],
    ['-V', '', '-V'],
    ['- list', '-', 'list'],
    ['-- list', '', '-- list'],
    ['-q -- list', '', '-q -- list'],
    ['show -- --json', 'show', '-- --json'],
  ])('of `keys %s` is "%s", with "%s" left', (line, command, rest) => {
    expect(findCommand(words(line), catalog, isField)).toEqual({ words: words(command), rest: words(rest) });
  });
});

describe('the word after --json, before the command', () => {
  test.each([
    ['--json id,name list', 'list', '--json=id,name'],
    ['--json id list', 'list', '--json=id'],
    ['--json list', 'list', '--json='],
    ['--json show ci', 'show', '--json= ci'],
    ['--json status', 'status', '--json='],
    ['--json usage', 'usage', '--json='],
    ['--json status list', 'list', '--json=status'],
    ['--json usage list --json id', 'list', '--json=usage --json id'],
    ['--json id,nope list', 'id,nope', '--json= list'],
    ['--json', '', '--json='],
    ['--json=id list', 'list', '--json=id'],
    ['--json -q list', 'list', '--json= -q'],
    ['--json --profile id list', 'list', '--json= --profile id'],
    ['--profile --json list', 'list', '--profile --json'],
  ])('`keys %s` is "%s", with "%s"', (line, command, rest) => {
    expect(findCommand(words(line), catalog, isField)).toEqual({ words: words(command), rest: words(rest) });
  });
});

describe('the word after --json, after the command', () => {
  const takesValue = (flag: string) => flag === '--sort' || flag === '--profile';

  test.each([
    ['--json', '--json='],
    ['--json ci', '--json= ci'],
    ['ci --json', 'ci --json='],
    ['--json id,name', '--json=id,name'],
    ['--json id ci', '--json=id ci'],
    ['--json id,nope', '--json= id,nope'],
    ['--json id,', '--json= id,'],
    ['--json=id,nope', '--json=id,nope'],
    ['--json --sort name', '--json= --sort name'],
    ['--sort --json name', '--sort --json name'],
    ['--sort=name --json id', '--sort=name --json=id'],
    ['--sort', '--sort'],
    ['-- --json id', '-- --json id'],
    ['--json id -- --json id', '--json=id -- --json id'],
  ])('"%s" is bound as "%s"', (line, bound) => {
    expect(bindJsonFields(words(line), isField, takesValue)).toEqual(words(bound));
  });

  test('a list may contain spaces', () => {
    expect(bindJsonFields(['--json', 'id, name'], isField, takesValue)).toEqual(['--json=id, name']);
  });
});

describe('whether JSON is asked for', () => {
  test.each([
    '--json',
    'list --json id',
    'list --json=id',
    'list --format json',
    'list --format=json',
    '--format ndjson nonsense',
    'list --format=ndjson',
    '--json -- x',
  ])('it is in `keys %s`', (line) => {
    expect(asksForJson(words(line))).toBe(true);
  });

  test.each([
    '',
    'list',
    'json',
    'list --format yaml',
    'list --format',
    'list --format=jsonx',
    'list -- --json',
    'run -- x --format json',
    '--jsonx',
  ])('it is not in `keys %s`', (line) => {
    expect(asksForJson(words(line))).toBe(false);
  });
});
