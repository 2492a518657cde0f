import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { Command } from '../../src/cli/define.ts';
import { defineCommand } from '../../src/cli/define.ts';
import { helpPage } from '../../src/cli/help.ts';
import { run } from '../../src/cli/program.ts';
import { manualOf } from '../../src/commands/manual.ts';
import { terminalOf } from '../../src/output/style.ts';
import { fakeIo } from '../support/fake-io.ts';

/** A command with rows in a record and reports of its own. */
const survey = defineCommand({
  operands: '',
  summary: 'report findings',
  examples: [],
  flags: {},
  fields: ['rule', 'name'],
  reports: ['sarif', 'markdown'],
  async run() {
    return {
      kind: 'document',
      rows: [{ rule: 'old', name: 'a,b' }],
      record: (findings) => ({ findings, checked: 3 }),
      columns: ['rule', 'name'],
      table: () => 'a table\n',
      reports: { sarif: () => '{"text":"##vso[x]"}\n', markdown: () => '::stop-commands::x\n' },
    };
  },
}) as Command;

const plain = defineCommand({
  operands: '',
  summary: 'report nothing',
  examples: [],
  flags: {},
  fields: ['rule'],
  run: async () => ({ kind: 'nothing' }),
}) as Command;

const catalog = { survey: async () => survey, plain: async () => plain };
const program = { catalog, manual: async () => manualOf(catalog), version: '0' };

async function printed(argv: readonly string[], env = {}): Promise<string> {
  const { io, stdout } = fakeIo({ cwd: '/', env });
  await run(argv, io, program);
  return stdout();
}

describe('rows that belong to a record', () => {
  test('are part of it in json and yaml', async () => {
    const record = { findings: [{ rule: 'old', name: 'a,b' }], checked: 3 };
    expect(JSON.parse(await printed(['survey', '--json']))).toEqual(record);
    expect(parse(await printed(['survey', '--format', 'yaml']))).toEqual(record);
  });

  test('have the selected fields there', async () => {
    const record = { findings: [{ name: 'a,b' }], checked: 3 };
    expect(JSON.parse(await printed(['survey', '--json', 'name']))).toEqual(record);
    expect(parse(await printed(['survey', '--format', 'yaml', '--fields', 'name']))).toEqual(record);
  });

  test.each([
    ['ndjson', '{"rule":"old","name":"a,b"}\n'],
    ['csv', 'rule,name\nold,"a,b"\n'],
    ['tsv', 'rule\tname\nold\ta,b\n'],
    ['table', 'a table\n'],
  ])('are a line each in %s', async (format, text) => {
    expect(await printed(['survey', '--format', format])).toBe(text);
  });

  test('are plain lines off a terminal', async () => {
    expect(await printed(['survey'])).toBe('old\ta,b\n');
  });
});

describe('a report', () => {
  test('is printed as it is', async () => {
    expect(await printed(['survey', '--format', 'sarif'])).toBe('{"text":"##vso[x]"}\n');
    expect(await printed(['survey', '--format', 'markdown'])).toBe('::stop-commands::x\n');
  });

  test('has no command of a CI system in it', async () => {
    const env = { CI: '1' };
    expect(JSON.parse(await printed(['survey', '--format', 'sarif'], env))).toEqual({ text: '##vso[x]' });
    expect(await printed(['survey', '--format', 'sarif'], env)).not.toContain('##vso');
    expect(await printed(['survey', '--format', 'markdown'], env)).not.toMatch(/^::/m);
  });

  test('is refused where the command has none', async () => {
    await expect(
      run(['plain', '--format', 'sarif'], fakeIo({ cwd: '/', env: {} }).io, program),
    ).rejects.toThrow("--format: 'sarif' is not one of table, json, ndjson, csv, tsv, yaml");
    await expect(
      run(['survey', '--format', 'sariff'], fakeIo({ cwd: '/', env: {} }).io, program),
    ).rejects.toThrow(
      "'sariff' is not one of table, json, ndjson, csv, tsv, yaml, sarif, markdown (did you mean sarif?)",
    );
  });

  test('has fields of its own', async () => {
    await expect(printed(['survey', '--format', 'sarif', '--fields', 'name'])).rejects.toThrow(
      '--fields and --format sarif cannot be combined',
    );
  });

  test('is in the help of its command', async () => {
    const { io } = fakeIo({ cwd: '/', env: {} });
    const terminal = await terminalOf(io.stdout, {}, true, new Date(0));
    const manual = manualOf(catalog);
    expect(await helpPage(manual, 'survey', terminal)).toContain('csv, tsv, yaml, sarif,');
    expect(await helpPage(manual, 'plain', terminal)).not.toContain('--format');
  });
});
