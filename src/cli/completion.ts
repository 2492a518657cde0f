import type { Candidate, NameKind, NameRequest } from '../app/completion/find-names.ts';
import { keyFields } from '../keys/key.ts';
import type { Catalog } from './catalog.ts';
import { aliasesOf, commandNamed, commandsOf, isGroup } from './catalog.ts';
import type { Command, Nameable } from './define.ts';
import type { FlagSyntax } from './flag-syntax.ts';
import { flagsOf, flagsWithoutCommand } from './flag-syntax.ts';

/*
 * What may come next on a command line. No part of this prints, fails or decides how a shell quotes: `shells/` does that.
 */

/** A command line up to the cursor, without the program's name, as the program would receive it. */
export interface Line {
  words: readonly string[];
  /** The part of the current word before the cursor; perhaps empty. */
  current: string;
}

export type { Candidate };

export interface Completion {
  /** All start with the current word. */
  candidates: readonly Candidate[];
  /** The shell completes the path of a file by itself. */
  takesFile: boolean;
}

/** Finds the names of a kind; more of them than start with the prefix is fine. */
export type FindNames = (kind: NameKind, request: NameRequest) => Promise<readonly Candidate[]>;

export interface Vocabulary {
  catalog: Catalog;
  /** Without descriptions, the commands need not be loaded. */
  describes: boolean;
  /** The topics of help, with their summaries. */
  topics(): Promise<Readonly<Record<string, { summary: string }>>>;
  findNames: FindNames;
}

export async function complete({ words, current }: Line, vocabulary: Vocabulary): Promise<Completion> {
  const reading = new Reading(vocabulary);
  for (const word of words) await reading.read(word);
  const offer = await reading.offer(current);
  return { ...offer, candidates: startingWith(offer.candidates, current) };
}

/** Without regard to case if nothing starts with the text as it is. */
function startingWith(candidates: readonly Candidate[], text: string): readonly Candidate[] {
  const exact = candidates.filter(({ value }) => value.startsWith(text));
  if (exact.length > 0) return exact;
  const lower = text.toLowerCase();
  return candidates.filter(({ value }) => value.toLowerCase().startsWith(lower));
}

const nothing: Completion = { candidates: [], takesFile: false };

/** Reads the words before the cursor one by one. */
class Reading {
  readonly #vocabulary: Vocabulary;
  readonly #path: string[] = [];
  readonly #operands: string[] = [];
  readonly #given: [syntax: FlagSyntax, value: string][] = [];
  #syntaxes = flagsWithoutCommand;
  #command: Command | undefined;
  /** The words are no command. */
  #isLost = false;
  #hasEnded = false;
  /** The flag that the next word is, or may be, the value of. */
  #pending: FlagSyntax | undefined;

  constructor(vocabulary: Vocabulary) {
    this.#vocabulary = vocabulary;
  }

  async read(word: string): Promise<void> {
    const pending = this.#pending;
    this.#pending = undefined;
    if (pending && (pending.takes === 'value' || this.#isFieldList(word))) {
      this.#given.push([pending, word]);
    } else if (this.#hasEnded) this.#operands.push(word);
    else if (word === '--') this.#hasEnded = true;
    else if (word.startsWith('-') && word !== '-') this.#readFlag(word);
    else if (this.#command) this.#operands.push(word);
    else await this.#readCommand(word);
  }

  #isFieldList(word: string): boolean {
    const fields: readonly string[] = this.#command?.fields ?? keyFields;
    return word.split(',').every((part) => fields.includes(part.trim()));
  }

  #readFlag(word: string): void {
    const [, name = '', value] = /^(-[^=]*)(?:=(.*))?$/s.exec(word) ?? [];
    const syntax = this.#syntaxes.find(({ long, short }) => name === long || name === short);
    if (!syntax) return;
    if (value !== undefined || syntax.takes !== 'value') this.#given.push([syntax, value ?? '']);
    if (value === undefined && syntax.takes !== 'nothing') this.#pending = syntax;
  }

  async #readCommand(word: string): Promise<void> {
    const { catalog } = this.#vocabulary;
    this.#path.push(word);
    const name = commandNamed(catalog, this.#path);
    this.#command = name === undefined ? undefined : await catalog[name]?.();
    this.#isLost ||= !this.#command && !isGroup(catalog, this.#path.join(' '));
    if (this.#command) this.#syntaxes = flagsOf(this.#command);
  }

  async offer(current: string): Promise<Completion> {
    if (this.#isLost) return nothing;
    const pending = this.#pending;
    if (pending?.takes === 'value') return this.#values(pending, current);
    if (this.#hasEnded) return this.#nextOperand(current);
    const [, name, start] = /^(--[\w-]+)=(.*)$/s.exec(current) ?? [];
    if (name !== undefined && start !== undefined) return this.#boundValues(name, start);
    if (current.startsWith('-')) return { ...nothing, candidates: this.#flags() };
    if (!this.#command) return { ...nothing, candidates: await this.#commands(current) };
    const fields = pending ? await this.#values(pending, current) : nothing;
    const next = await this.#nextOperand(current);
    const candidates = [...fields.candidates, ...next.candidates];
    const isBare = candidates.length === 0 && !next.takesFile && current === '' && !this.#nextName();
    return { ...next, candidates: isBare ? this.#flags() : candidates };
  }

  async #boundValues(name: string, start: string): Promise<Completion> {
    const syntax = this.#syntaxes.find(({ long, takes }) => long === name && takes !== 'nothing');
    if (!syntax) return nothing;
    return withPrefix(`${name}=`, await this.#values(syntax, start));
  }

  /** The flags that can still be given. */
  #flags(): Candidate[] {
    const given = new Set(this.#given.map(([syntax]) => syntax.long));
    return this.#syntaxes
      .filter(({ flag, long }) => flag.repeatable || !given.has(long))
      .map(({ flag, long }) => ({ value: long, description: flag.help }));
  }

  /** The words that continue the command; its other names only once a part of one is typed. */
  async #commands(current: string): Promise<Candidate[]> {
    const { catalog } = this.#vocabulary;
    const start = this.#path.map((word) => `${word} `).join('');
    const names = Object.keys(catalog).filter((name) => name.startsWith(start));
    const commands = new Map(names.map((name) => [name.slice(start.length).split(' ', 1)[0] ?? '', name]));
    if (current !== '')
      for (const name of names)
        for (const alias of aliasesOf(catalog, name)) commands.set(alias.slice(start.length), name);
    const typed = [...commands].filter(([word]) => word.startsWith(current));
    return Promise.all(
      typed.map(async ([value, name]) => ({ value, description: await this.#summary(start + value, name) })),
    );
  }

  async #summary(words: string, name: string): Promise<string> {
    const { catalog, describes } = this.#vocabulary;
    if (!describes) return '';
    const members = commandsOf(catalog, words).map((member) => member.slice(words.length + 1));
    return members.length > 0 ? members.join(', ') : ((await catalog[name]?.())?.summary ?? '');
  }

  async #nextOperand(current: string): Promise<Completion> {
    const name = this.#nextName();
    if (name === undefined) return nothing;
    if (this.#command?.takesProgram) return { ...nothing, takesFile: this.#hasEnded };
    const words = this.#command?.operandWords?.[name];
    if (words) return this.#offered(words, current);
    if (!isNameable(name)) return nothing;
    const { candidates, takesFile } = await this.#offered(name, current);
    const isOffered = ({ value }: Candidate) =>
      !this.#operands.includes(value) && (name === 'key' || (this.#command?.offers?.(value) ?? true));
    return { takesFile, candidates: candidates.filter(isOffered) };
  }

  /** The name of the operand that comes next; undefined: there is none. */
  #nextName(): string | undefined {
    const places = this.#command?.operands.split(' ').filter((place) => place !== '') ?? [];
    const last = places.at(-1);
    const place = places[this.#operands.length] ?? (last?.includes('...') ? last : undefined);
    return place?.replace(/[<>[\].]/g, '');
  }

  async #values({ flag }: FlagSyntax, start: string): Promise<Completion> {
    return flag.offer === undefined ? nothing : this.#offered(flag.offer, start);
  }

  async #offered(offer: readonly string[] | Nameable, prefix: string): Promise<Completion> {
    if (typeof offer !== 'string') return { ...nothing, candidates: offer.map((value) => ({ value })) };
    if (offer === 'file') return { ...nothing, takesFile: true };
    if (offer === 'fields')
      return { ...nothing, candidates: listed(this.#command?.fields ?? keyFields, prefix) };
    if (offer === 'binding') {
      const [, name = '', source] = /^(\w+=)(.*)$/s.exec(prefix) ?? [];
      return source === undefined ? nothing : withPrefix(name, await this.#offered('source', source));
    }
    if (offer === 'topic') return { ...nothing, candidates: await this.#topics() };
    const candidates = await this.#vocabulary.findNames(offer, {
      prefix,
      flag: (name) => this.#given.findLast(([{ long }]) => long === `--${name}`)?.[1],
    });
    return { ...nothing, candidates: this.#hasEnded ? candidates : candidates.filter(isNoFlag) };
  }

  /** What `keys help` explains. */
  async #topics(): Promise<Candidate[]> {
    const help = new Reading(this.#vocabulary);
    for (const word of this.#operands) await help.read(word);
    if (help.#isLost || help.#command) return [];
    const commands = await help.#commands('');
    if (this.#operands.length > 0) return commands;
    const topics = Object.entries(await this.#vocabulary.topics());
    return [...commands, ...topics.map(([value, { summary }]) => ({ value, description: summary }))];
  }
}

/** In the middle of a word, no shell completes a file by itself. */
function withPrefix(prefix: string, { candidates }: Completion): Completion {
  return { ...nothing, candidates: candidates.map((one) => ({ ...one, value: prefix + one.value })) };
}

/** Before `--`, a name that starts with a hyphen would be taken for a flag. */
function isNoFlag({ value }: Candidate): boolean {
  return !value.startsWith('-');
}

/** A list with one more field; more can follow. */
function listed(fields: readonly string[], list: string): Candidate[] {
  const before = list.split(',').slice(0, -1);
  return fields
    .filter((field) => !before.includes(field))
    .map((field) => ({ value: [...before, field].join(','), isOpen: true }));
}

const nameables: Readonly<Record<Nameable, true>> = {
  ...{ binding: true, fields: true, file: true, key: true, operation: true, profile: true, provider: true },
  ...{ session: true, sink: true, source: true, topic: true },
};

function isNameable(name: string): name is Nameable {
  return Object.hasOwn(nameables, name);
}
