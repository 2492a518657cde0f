// Sets pages of the manual for `man`: roff with the macros of man(7) that every formatter knows.

/** What a heading of help is called in a manual page, in the order in which readers of manual pages expect them. */
const titles = {
  Commands: 'COMMANDS',
  Flags: 'OPTIONS',
  'Global flags': 'GLOBAL OPTIONS',
  'Fields for --json': 'JSON FIELDS',
  Also: 'ALIASES',
  Examples: 'EXAMPLES',
};

/**
 * The page of a command, or of the program with pages of topics, as the text of a file. `related` are the names of other
 * pages; `date` is a day, `source` the program and its version.
 */
export function manPage(page, { topics = [], related = [], date, source }) {
  const name = page.name.replaceAll(' ', '-');
  const { sections } = page;
  const details = sections.find(({ heading }) => heading === 'Details');
  const order = Object.keys(titles);
  const rest = sections
    .filter((section) => section !== details && !['More', 'Topics'].includes(section.heading))
    .map((section) => ({ section, at: order.indexOf(section.heading) }))
    .sort((one, other) => one.at - other.at);
  return [
    `.TH ${[name.toUpperCase(), '1'].map(argument).join(' ')} "${date}" ${[source, 'keys manual'].map(argument).join(' ')}`,
    // Words and commands are never hyphenated.
    '.nh',
    '.ad l',
    '.SH NAME',
    `${roff(name)} \\- ${roff(nameLine(page.summary))}`,
    '.SH SYNOPSIS',
    usageOf(page),
    '.SH DESCRIPTION',
    '.PP',
    line(sentence(page.summary)),
    ...(details ? body(details) : []),
    ...rest.flatMap(({ section }) => [heading(titles[section.heading] ?? section.heading), ...body(section)]),
    ...topics.flatMap((topic) => [
      heading(topic.name),
      '.PP',
      line(sentence(topic.summary)),
      ...topic.sections.flatMap(body),
    ]),
    '.SH SEE ALSO',
    ...(related.length > 0 ? [related.map((one) => `\\fB${roff(one)}\\fR(1)`).join(', ')] : []),
    '',
  ]
    .filter((one, at, lines) => one !== '.PP' || !lines[at - 1]?.startsWith('.SH '))
    .join('\n');
}

function usageOf({ name, usage }) {
  return `\\fB${roff(name)}\\fR${roff(usage.slice(name.length))}`;
}

/** How `apropos` lists a page. */
function nameLine(summary) {
  return `${summary.charAt(0).toLowerCase()}${summary.slice(1).replace(/\.$/, '')}`;
}

function sentence(text) {
  return `${text.charAt(0).toUpperCase()}${text.slice(1).replace(/\.$/, '')}.`;
}

function heading(text) {
  return `.SH ${argument(text.replaceAll('-', ' ').replace(/^ +/, '').toUpperCase())}`;
}

function body(section) {
  if ('remark' in section) return ['.PP', line(section.remark)];
  if ('lines' in section) return ['.PP', '.RS 4', '.nf', ...section.lines.map(line), '.fi', '.RE'];
  if ('paragraphs' in section) return section.paragraphs.flatMap((text) => ['.PP', line(text)]);
  return section.rows.flatMap(([term, meaning]) => ['.TP', `\\fB${roff(term)}\\fR`, line(meaning) || '\\&']);
}

/** A line of text: a dot or an apostrophe at its start would make it a request. */
function line(text) {
  return roff(text).replace(/^(?=[.'])/, '\\&');
}

/** An argument of a macro. */
function argument(text) {
  return `"${roff(text)}"`;
}

const escapes = {
  '\\': '\\e',
  '-': '\\-',
  '"': '\\(dq',
  "'": '\\(aq',
  '`': '\\(ga',
  '^': '\\(ha',
  '~': '\\(ti',
};

/** Characters as themselves: a formatter would make hyphens, quotes and accents of some, which could not be pasted. */
function roff(text) {
  return text
    .replaceAll(/[\\\-"'`^~]/g, (character) => escapes[character])
    .replaceAll(/[\u0080-\u{10ffff}]/gu, (character) => {
      const code = character.codePointAt(0).toString(16).toUpperCase().padStart(4, '0');
      return `\\[u${code}]`;
    });
}
