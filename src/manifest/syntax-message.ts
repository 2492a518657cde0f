import type { ErrorCode } from 'yaml';

/** What is wrong and what to write, in place of the library's own messages: those quote the text, which may hold secrets. */
const messages: Partial<Record<ErrorCode, string>> = {
  ALIAS_PROPS: 'has an alias with an anchor or a tag; remove that',
  BAD_ALIAS: 'has an alias or an anchor without a valid name',
  BAD_DIRECTIVE: 'has a line that begins with % and is no directive of YAML; remove it',
  BAD_DQ_ESCAPE: 'has a backslash that begins no escape; write two, or use single quotes',
  BAD_INDENT: 'is not indented like its neighbours, or a bracket before it is not closed',
  BAD_PROP_ORDER: 'has an anchor or a tag in the wrong place; write it before the value',
  BAD_SCALAR_START: 'has a text that begins with a reserved character (@, ` or %); put it in quotes',
  BLOCK_AS_IMPLICIT_KEY:
    'has a second colon, or a map, behind a value; put the text in quotes, or begin a new line',
  BLOCK_IN_FLOW: 'has an indented list or map inside brackets; write it in brackets too',
  DUPLICATE_KEY: 'has a field twice; remove one of them',
  MISSING_CHAR:
    'lacks a character: close the quote or the bracket, or write a colon and a space after the name',
  MULTILINE_IMPLICIT_KEY: 'has a name of several lines; put it on one line, followed by a colon',
  MULTIPLE_ANCHORS: 'has two anchors for one value; remove one of them',
  MULTIPLE_DOCS: 'has a second document; write one document per file',
  MULTIPLE_TAGS: 'has two tags for one value; remove them',
  TAB_AS_INDENT: 'is indented with a tab; use spaces',
  TAG_RESOLVE_FAILED: 'has a tag (!…) that keys does not know; remove it',
};

export function syntaxMessage(code: ErrorCode): string {
  return (
    messages[code] ?? 'is not valid YAML from here; check the indentation, quotes and brackets around it'
  );
}
