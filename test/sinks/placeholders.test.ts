import { describe, expect, test } from 'vitest';
import { KeysError } from '../../src/base/errors.ts';
import { checkPlaceholders, fillPlaceholders } from '../../src/sinks/placeholders.ts';
import { splitCommand } from '../../src/sinks/split-command.ts';

function codeOf(command: string, name: string): string {
  try {
    checkPlaceholders(splitCommand(command), { name });
    return 'allowed';
  } catch (error) {
    if (error instanceof KeysError && error.failure.exit === 'usage') return error.failure.code;
    throw error;
  }
}

describe('a placeholder in code is refused, whatever the name', () => {
  test.each([
    "sh -c './deliver {name}'",
    "sh -c './deliver {id}'",
    '/bin/bash -c \'./deliver "{name}"\'',
    "bash -ec './deliver {name}'",
    "bash --norc -c './deliver {name}'",
    "sh -o pipefail -c './deliver {name}'",
    "sh -c -- './deliver {name}'",
    'sh -c {name}',
    'sh {name}',
    'sh ./{name}.sh',
    "zsh -c 'x {name}'",
    "dash -c 'x {name}'",
    "rbash -c 'x {name}'",
    "bash5.2 -c 'x {name}'",
    "bash-static -c 'x {name}'",
    "ksh93 -c 'x {name}'",
    'python3.12 {name}',
    "luajit -e 'x {name}'",
    'original-awk {name}',
    'jq {name}',
    "ksh -c 'x {name}'",
    "fish -c 'x {name}'",
    "fish --command='x {name}'",
    "env sh -c 'x {name}'",
    "env A=1 /usr/bin/sh -c 'x {name}'",
    "sudo -u deploy sh -c 'x {name}'",
    "timeout 60 bash -c 'x {name}'",
    "find . -exec sh -c 'x {name}'",
    "docker exec -i c sh -c 'x {name}'",
    "python3 -c 'x({name})'",
    "python3.12 -c 'x({name})'",
    'python3 -m {name}',
    'python3 -W ignore {name}',
    "perl -e 'x({name})'",
    "ruby -e 'x({name})'",
    "node -e 'x({name})'",
    "node --eval='x({name})'",
    "awk 'BEGIN {{ print {name} }}'",
    "sed 's/x/{name}/e'",
    "cmd.exe /c 'x {name}'",
    "powershell -Command 'x {name}'",
    "C:/Windows/System32/CMD.EXE /c 'x {name}'",
  ])('%s', (command) => {
    expect(codeOf(command, 'ci')).toBe('placeholder_in_code');
    expect(codeOf(command, 'ci; id > pwned')).toBe('placeholder_in_code');
  });
});

const hostile = [
  'ci; id',
  'ci$(id)',
  'ci`id`',
  'a b',
  "a'b",
  'a"b',
  'a|b',
  'a&b',
  'a\nb',
  'a\u2028b',
  '../x',
  'A=b',
  'ü',
  '',
];

describe('elsewhere only harmless names are allowed', () => {
  test.each([
    'deliver keys/{name}',
    'deliver --name={name}',
    'vault kv put secret/{name} v=-',
    'ssh host deliver {name}',
    "ssh host 'deliver {name}'",
    'env A={name} ./deliver',
    'env ./deliver {name}',
    'sudo ./deliver {name}',
    'xargs deliver {name}',
    'gosu deploy sh-wrapper {name}',
    'nix-shell --run {name}',
    'socat - {name}',
    'sqlite3 keys.db {name}',
    'su deploy -c {name}',
    './deliver -c {name}',
    'script -qc {name}',
    'sh -c \'eval "$1"\' sh {name}',
    'sh -c \'ssh host "deliver $1"\' sh {name}',
    'bash -c \'cat | sh -c "$1"\' bash {name}',
    'sh -c \'x "$1"\' sh key={name}',
  ])('%s', (command) => {
    for (const name of ['ci', 'ci-2', 'a.b_c@d:e+f']) expect(codeOf(command, name)).toBe('allowed');
    for (const name of hostile) expect(codeOf(command, name), name).toBe('placeholder_unsafe');
  });
});

describe('as a whole argument any name is allowed', () => {
  test.each([
    './deliver {name}',
    './deliver --to vault {name} {id}',
    'sh ./deliver.sh {name}',
    'bash -eu ./deliver.sh --name {name}',
    'sh -c \'./deliver "$1"\' sh {name}',
    'python3 deliver.py --name {name}',
    'node deliver.mjs {name}',
    'vault kv put -mount secret {name} v=-',
  ])('%s', (command) => {
    for (const name of [...hostile, 'ci']) expect(codeOf(command, name), name).toBe('allowed');
  });
});

test.each(['-x', '--help', '-', '--output=/etc/passwd'])('%s does not become an option', (name) => {
  for (const command of ['./deliver {name}', './deliver {name}.key', "ssh host 'deliver {name}'"])
    expect(codeOf(command, name)).toBe('argument_is_flag');
  expect(codeOf('./deliver a-{name}', '-x')).toBe('allowed');
});

test('a value is filled in once, even if it looks like a placeholder', () => {
  expect(fillPlaceholders(['./deliver', '{name}'], { id: 'ID', name: '{id}$&' })).toEqual(['{id}$&']);
});

test('the hint is a command that does the same safely', () => {
  let hint = '';
  try {
    checkPlaceholders(['sh', '-c', './deliver {name}'], { name: 'ci' });
  } catch (error) {
    hint = error instanceof KeysError ? (error.failure.hints?.[1] ?? '') : '';
  }
  const [, command = ''] = /--to 'exec:(.*)'$/.exec(hint) ?? [];
  expect(splitCommand(command)).toEqual(['sh', '-c', './deliver "$1"', 'sh', '{name}']);
  expect(codeOf(command, 'ci; id')).toBe('allowed');
});
