import { expect, test } from 'vitest';
import { errorCodes, exitOf, exits } from '../../src/base/error-codes.ts';
import { errorReference } from '../../src/base/error-reference/error-reference.ts';
import { helpPage } from '../../src/cli/help.ts';
import { catalog } from '../../src/commands/catalog.ts';
import { manualOf } from '../../src/commands/manual.ts';
import { terminalOf } from '../../src/output/style.ts';
import { fakeIo } from '../support/fake-io.ts';

/* Generated pages. `npm test -- test/docs -u` writes them anew. */

test('docs/reference/commands.md is what keys help prints', async () => {
  await expect(await commandsPage()).toMatchFileSnapshot('../../docs/reference/commands.md');
});

test('docs/reference/errors.md is made from the table of error codes', async () => {
  await expect(errorsPage()).toMatchFileSnapshot('../../docs/reference/errors.md');
});

async function commandsPage(): Promise<string> {
  const commands = await Promise.all(
    Object.entries(catalog).map(async ([name, load]) => ({
      name: `keys ${name}`,
      summary: (await load()).summary,
      help: await helpOn(name),
    })),
  );
  const pages = Object.entries(manual.topics).filter(([name]) => name !== 'errors');
  return page(
    '# Commands',
    'This page has the text of `keys help <command>` and of the help topics. Every command also takes the',
    '[global flags](#flags).',
    '',
    '| command | purpose |',
    '| --- | --- |',
    ...commands.map(({ name, summary }) => `| [\`${name}\`](#${anchor(name)}) | ${cell(summary)} |`),
    ...pages.map(([name, { summary }]) => `| [\`keys help ${name}\`](#${anchor(name)}) | ${cell(summary)} |`),
    '| [`keys help errors`](errors.md) | error codes, their meaning and what to do |',
    '',
    ...commands.flatMap(({ name, help }) => [`## ${name}`, '', ...block(help)]),
    ...(
      await Promise.all(pages.map(async ([name]) => [`## ${name}`, '', ...block(await helpOn(name))]))
    ).flat(),
  );
}

const manual = manualOf(catalog);

/** As it is off a terminal. */
async function helpOn(name: string): Promise<string> {
  const { io } = fakeIo({ cwd: '/', env: {} });
  return helpPage(manual, name, await terminalOf(io.stdout, io.env, false, io.now()));
}

function errorsPage(): string {
  return page(
    '# Errors',
    'When a command fails, `keys` prints one `error:` line for each problem and `hint:` lines that say what to do. With `--json`',
    'or `--format ndjson`, stderr holds one JSON document instead:',
    '',
    '```json',
    '{"error":{"code":"no_such_key","message":"no key has the id or the name \'ci\'","hint":"keys list --status all"}}',
    '```',
    '',
    'Codes are stable, so scripts can rely on them. Each has the exit code of its group, except where its description',
    'names another. While an operation stays unfinished, `keys recover` reports any failure with exit code 5. `operation` in the',
    'JSON document is the id to pass to `keys recover`; `httpStatus` and `requestId` come from the API.',
    '',
    '`keys help errors` prints the codes; `keys help exit-codes` the exit codes. The HTTP API of `keys serve` has codes of its',
    'own: see [Serving](../serving.md#limits).',
    '',
    ...Object.entries(exits).flatMap(([exit, { code, meaning }]) => {
      const codes = errorCodes().filter((one) => exitOf(one) === exit);
      if (codes.length === 0) return [];
      return [
        `## Exit code ${code}: ${meaning}`,
        '',
        '| code | meaning | what to do |',
        '| --- | --- | --- |',
        ...codes.map((one) => {
          const { meaning, fix } = errorReference[one];
          return `| \`${one}\` | ${cell(withCode(meaning))} | ${cell(fix.map(asStep).join('<br>') || 'nothing')} |`;
        }),
        '',
      ];
    }),
  );
}

/** A hint is a command, advice, or advice, a colon and a command. */
function asStep(hint: string): string {
  const [, advice = '', command] = /^(.*: )?((?:keys|chmod|mkdir|ls|export) .+|--.+)$/.exec(hint) ?? [];
  return command === undefined ? withCode(hint) : `${withCode(advice)}\`${command}\``;
}

/** Flags, variables, placeholders and commands within a sentence. */
function withCode(text: string): string {
  return text.replaceAll(
    /--[a-z][a-z-]*(?: [A-Z]+| <[a-z]+>)?|\b[A-Z]+(?:_[A-Z]+)+\b|\{\w+\}|\bkeys (?:serve|run)\b|docs\/[\w-]+\.md/g,
    '`$&`',
  );
}

function page(title: string, ...lines: readonly string[]): string {
  const notice = '<!-- Generated: change the source, then run `npm test -- test/docs -u`. -->';
  return `${[title, '', notice, '', ...lines].join('\n').trimEnd()}\n`;
}

function block(text: string): string[] {
  return ['```text', text.replace(/^\n+|\s+$/g, ''), '```', ''];
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

function anchor(heading: string): string {
  return heading.toLowerCase().replaceAll(' ', '-');
}
