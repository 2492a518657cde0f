import { Command as Commander, Help } from 'commander';
import { usageError } from '../base/errors.ts';
import type { Catalog } from './catalog.ts';
import { aliasesOf, commandNamed, commandsOf, isGroup } from './catalog.ts';
import { buildParser } from './parser.ts';

const maxWidth = 110;

type Rows = readonly (readonly [term: string, meaning: string])[];

/** A page of `keys help` about something other than a command. */
export interface Topic {
  summary: string;
  /** A function if the rows need code that other pages do not. */
  rows: Rows | (() => Promise<Rows>);
  after?: string;
}

export type Topics = Readonly<Record<string, Topic>>;

/** Everything that help explains. */
export interface Manual {
  catalog: Catalog;
  topics: Topics;
}

/**
 * The help page of a command, a group of commands or a topic; without a name, of the program. `columns` is the width of
 * the terminal. Throws `KeysError` (2) for an unknown name.
 */
export async function helpPage(
  manual: Manual,
  name: string | undefined,
  columns: number | undefined,
): Promise<string> {
  const { catalog, topics } = manual;
  const width = Math.min(columns ?? maxWidth, maxWidth);
  if (name === undefined) return programHelp(manual, width, Object.keys(catalog));
  if (isGroup(catalog, name)) return programHelp(manual, width, commandsOf(catalog, name));
  const topic = Object.hasOwn(topics, name) ? topics[name] : undefined;
  if (topic) return topicHelp(name, topic, width);
  const commandName = commandNamed(catalog, name.split(' '));
  const load = commandName === undefined ? undefined : catalog[commandName];
  if (commandName === undefined || !load) throw usageError(`no help for '${name}'`, 'keys help');
  const command = await load();
  const page = buildParser(commandName, command)
    .commander.description([command.summary, unwrapped(command.description)].filter(Boolean).join('\n\n'))
    .configureHelp({ helpWidth: width })
    .helpInformation();
  const list = wrap(`Fields for --json: ${command.fields.join(', ')}`, width);
  const fields = command.fields.length > 0 ? `\n${list}\n` : '';
  const aliases = aliasesOf(catalog, commandName).map((alias) => `keys ${alias}`);
  const other = aliases.length > 0 ? `\nAlso: ${aliases.join(', ')}\n` : '';
  return `${page}${fields}${other}\nExamples:\n${command.examples.map((example) => `  ${example}\n`).join('')}`;
}

/** Paragraphs without the line breaks of the source: Commander wraps them to the width of the terminal. */
function unwrapped(text = ''): string {
  return text.replaceAll(/(?<!\n)\n(?!\n)/g, ' ');
}

async function programHelp(
  { catalog, topics }: Manual,
  width: number,
  names: readonly string[],
): Promise<string> {
  const program = emptyPage('keys').usage('<command> [flags]');
  program.description('Manage API keys: no secret lost, no secret leaked.');
  for (const name of names) {
    const command = await catalog[name]?.();
    program.addCommand(
      emptyPage(name)
        .arguments(command?.operands ?? '')
        .summary(command?.summary ?? ''),
    );
  }
  const page = program.configureHelp({ helpWidth: width, subcommandTerm: (one) => one.name() });
  return `${page.helpInformation()}\nMore: keys help <command>, keys help ${Object.keys(topics).join('|')}\n`;
}

/** Laid out as Commander lays out flags. */
async function topicHelp(name: string, topic: Topic, width: number): Promise<string> {
  const { summary, after } = topic;
  const rows = typeof topic.rows === 'function' ? await topic.rows() : topic.rows;
  const layout = layoutOf(width);
  const termWidth = Math.max(...rows.map(([term]) => term.length));
  const lines = rows.map(([term, meaning]) => layout.formatItem(term, termWidth, meaning, layout));
  return `${name}: ${summary}\n\n${lines.join('\n')}\n${after === undefined ? '' : `\n${wrap(after, width)}\n`}`;
}

function wrap(text: string, width: number): string {
  return layoutOf(width).boxWrap(text, width);
}

function layoutOf(width: number): Help {
  const layout = new Help();
  layout.prepareContext({ helpWidth: width });
  return layout;
}

function emptyPage(name: string): Commander {
  return new Commander(name).helpOption(false).helpCommand(false);
}
