import { usageError } from '../base/errors.ts';
import { nearest } from '../base/nearest.ts';
import type { Terminal } from '../output/style.ts';
import type { Catalog } from './catalog.ts';
import { aliasesOf, commandNamed, commandsOf, isGroup } from './catalog.ts';
import type { Command, Flags } from './define.ts';
import { globalFlagsOf } from './global-flags.ts';
import type { Page, Rows, Section } from './page.ts';
import { setPage } from './page.ts';

/** A page of `keys help` about something other than a command. */
export interface Topic {
  summary: string;
  /** A function if the rows need code that other pages do not. */
  rows: Rows | (() => Promise<Rows>);
  /** Paragraphs, one a line. */
  after?: string;
}

export type Topics = Readonly<Record<string, Topic>>;

/** Everything that help explains. */
export interface Manual {
  catalog: Catalog;
  /** What the program is for, and its first commands. */
  summary: string;
  examples: readonly string[];
  /** By heading, the first words of its commands. The last one has all others, too. */
  groups: Readonly<Record<string, readonly string[]>>;
  topics: Topics;
}

/**
 * The help page of a command, a group of commands or a topic; without a name, of the program. Throws `KeysError` (2) for
 * an unknown name.
 */
export async function helpPage(
  manual: Manual,
  name: string | undefined,
  terminal: Terminal,
): Promise<string> {
  return setPage(await pageOf(manual, name), terminal);
}

/** The page that `helpPage` sets. */
export async function pageOf(manual: Manual, name: string | undefined): Promise<Page> {
  const { catalog, topics } = manual;
  if (name === undefined) return programPage(manual);
  if (isGroup(catalog, name)) return groupPage(catalog, name);
  const topic = Object.hasOwn(topics, name) ? topics[name] : undefined;
  if (topic) return topicPage(name, topic);
  const commandName = commandNamed(catalog, name.split(' '));
  const load = commandName === undefined ? undefined : catalog[commandName];
  if (commandName === undefined || !load) throw noHelp(manual, name);
  return commandPage(catalog, commandName, await load());
}

function commandPage(catalog: Catalog, name: string, command: Command): Page {
  const { operands, takesProgram, summary, description, examples, flags, fields } = command;
  const words = takesProgram ? ['[flags] --', operands] : [operands, '[flags]'];
  const aliases = aliasesOf(catalog, name).map((alias) => `keys ${alias}`);
  return {
    name: `keys ${name}`,
    usage: ['keys', name, ...words].filter(Boolean).join(' '),
    summary,
    sections: [
      { heading: 'Examples', lines: examples },
      ...section(flagRows({ ...flags, ...ownFormats(command) }), (rows) => ({ heading: 'Flags', rows })),
      ...section(paragraphsOf(description), (paragraphs) => ({ heading: 'Details', paragraphs })),
      { heading: 'Global flags', remark: '--profile, --json and more (keys help flags)' },
      ...section(fields, () => ({ heading: 'Fields for --json', remark: fields.join(', ') })),
      ...section(aliases, () => ({ heading: 'Also', remark: aliases.join(', ') })),
    ],
  };
}

/** The flag of the formats, if the command has more of them than others. */
function ownFormats(command: Command): Flags {
  return command.reports ? { format: globalFlagsOf(command).format } : {};
}

/** What flags are written like, and what they do. */
export function flagRows(flags: Flags): Rows {
  return Object.values(flags).map(({ syntax, help }) => [syntax, help] as const);
}

/** No section for nothing. */
function section<T extends readonly unknown[]>(content: T, make: (content: T) => Section): Section[] {
  return content.length > 0 ? [make(content)] : [];
}

/** Paragraphs without the line breaks of the source. */
function paragraphsOf(text = ''): string[] {
  return text === '' ? [] : text.split('\n\n').map((paragraph) => paragraph.replaceAll('\n', ' '));
}

async function programPage({ catalog, summary, examples, groups, topics }: Manual): Promise<Page> {
  const listed = new Set(Object.values(groups).flat());
  const last = Object.keys(groups).at(-1);
  const names = Object.keys(catalog);
  const namesIn = (heading: string, words: readonly string[]) =>
    names.filter((name) => {
      const [word = ''] = name.split(' ');
      return words.includes(word) || (heading === last && !listed.has(word));
    });
  const sections = Object.entries(groups).map(async ([heading, words]) => ({
    heading,
    rows: await summaries(catalog, namesIn(heading, words)),
  }));
  return {
    name: 'keys',
    usage: 'keys <command> [flags]',
    summary,
    sections: [
      { heading: 'Examples', lines: examples },
      ...(await Promise.all(sections)).filter(({ rows }) => rows.length > 0),
      {
        heading: 'Topics',
        rows: Object.entries(topics).map(([name, topic]) => [`help ${name}`, topic.summary]),
      },
      { heading: 'More', remark: 'keys help <command>' },
    ],
  };
}

async function groupPage(catalog: Catalog, group: string): Promise<Page> {
  return {
    name: `keys ${group}`,
    usage: `keys ${group} <command> [flags]`,
    summary: `commands about a ${group}`,
    sections: [
      { heading: 'Commands', rows: await summaries(catalog, commandsOf(catalog, group)) },
      { heading: 'More', remark: `keys help ${group} <command>` },
    ],
  };
}

async function summaries(catalog: Catalog, names: readonly string[]): Promise<Rows> {
  return Promise.all(names.map(async (name) => [name, (await catalog[name]?.())?.summary ?? ''] as const));
}

async function topicPage(name: string, { summary, rows, after }: Topic): Promise<Page> {
  return {
    name,
    summary,
    sections: [
      { rows: typeof rows === 'function' ? await rows() : rows },
      ...section(after?.split('\n') ?? [], (paragraphs) => ({ paragraphs })),
    ],
  };
}

function noHelp({ catalog, topics }: Manual, name: string) {
  const near = nearest(name, [...Object.keys(topics), ...Object.keys(catalog)]);
  return usageError(`no help for '${name}'`, ...(near ? [`keys help ${near}`] : []), 'keys help');
}
