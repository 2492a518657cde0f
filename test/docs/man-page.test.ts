import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { manPage } from '../../scripts/man-page.mjs';
import type { Page } from '../../src/cli/page.ts';
import { catalog } from '../../src/commands/catalog.ts';
import { projectRoot } from '../support/sandbox.ts';

const settings = { date: '2026-11-20', source: 'keys 1.0.0', related: ['keys', 'keys-demo-list'] };

const page: Page = {
  name: 'keys demo show',
  usage: 'keys demo show <key> [flags]',
  summary: "show what '.TH' and \\ look like",
  sections: [
    {
      heading: 'Examples',
      lines: [".env is a file's name", "'quoted' at the start", 'keys demo --json | jq -r "…"'],
    },
    {
      heading: 'Flags',
      rows: [
        ['-y, --yes', '.dotted meaning'],
        ['--nothing', ''],
      ],
    },
    { heading: 'Details', paragraphs: ['One.', '.Two: C:\\new, ~/x, ^ and `code`'] },
    { heading: 'Global flags', remark: '--profile and more' },
    { heading: 'Fields for --json', remark: 'id, name' },
    { heading: 'Also', remark: 'keys demo get' },
  ],
};

test('a manual page is roff in which no text is a request, and every character stays itself', () => {
  expect(manPage(page, settings)).toMatchInlineSnapshot(`
    ".TH "KEYS\\-DEMO\\-SHOW" "1" "2026-11-20" "keys 1.0.0" "keys manual"
    .nh
    .ad l
    .SH NAME
    keys\\-demo\\-show \\- show what \\(aq.TH\\(aq and \\e look like
    .SH SYNOPSIS
    \\fBkeys demo show\\fR <key> [flags]
    .SH DESCRIPTION
    Show what \\(aq.TH\\(aq and \\e look like.
    .PP
    One.
    .PP
    \\&.Two: C:\\enew, \\(ti/x, \\(ha and \\(gacode\\(ga
    .SH "OPTIONS"
    .TP
    \\fB\\-y, \\-\\-yes\\fR
    \\&.dotted meaning
    .TP
    \\fB\\-\\-nothing\\fR
    \\&
    .SH "GLOBAL OPTIONS"
    \\-\\-profile and more
    .SH "JSON FIELDS"
    id, name
    .SH "ALIASES"
    keys demo get
    .SH "EXAMPLES"
    .RS 4
    .nf
    \\&.env is a file\\(aqs name
    \\(aqquoted\\(aq at the start
    keys demo \\-\\-json | jq \\-r \\(dq\\[u2026]\\(dq
    .fi
    .RE
    .SH SEE ALSO
    \\fBkeys\\fR(1), \\fBkeys\\-demo\\-list\\fR(1)
    "
  `);
});

test('the page of the program has the topics', () => {
  const topic: Page = {
    name: 'exit-codes',
    summary: 'what they mean',
    sections: [{ rows: [['0', 'done']] }],
  };
  expect(
    manPage({ ...page, name: 'keys', usage: 'keys <command>' }, { ...settings, topics: [topic] }),
  ).toContain('.SH "EXIT CODES"\nWhat they mean.\n.TP\n\\fB0\\fR\ndone');
});

test('package.json lists a manual page for each command: npm run build writes the list', () => {
  const { man } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as { man: string[] };
  const pageOf = (name: string) => `dist/man/keys-${name.replaceAll(' ', '-')}.1`;
  expect(man).toEqual(expect.arrayContaining(['dist/man/keys.1', ...Object.keys(catalog).map(pageOf)]));
});
