import type { DocumentNode, ValueNode } from '@humanwhocodes/momoa';
import { parse } from '@humanwhocodes/momoa';

/* JSON with its places, so that a fault can be shown where it is. Lines and columns start at 1. */

export interface Position {
  line: number;
  column: number;
}

export interface SyntaxFault extends Position {
  /** Quotes no more than one character of the text, which may hold secrets. */
  message: string;
}

/** The values of a JSON text, or why it is not JSON. */
export function parseSource(text: string): { document: DocumentNode } | { fault: SyntaxFault } {
  try {
    const document = parse(text, { mode: 'json' });
    // The parser takes line breaks inside strings.
    JSON.parse(text);
    return { document };
  } catch (error) {
    return { fault: faultOf(text, offsetIn(error)) };
  }
}

function offsetIn(error: unknown): number {
  if (error instanceof Error && 'offset' in error) return Number(error.offset);
  const [, offset = '0'] = / at position (\d+)/.exec(String(error)) ?? [];
  return Number(offset);
}

/** The character at fault, what stands before it, and what to write. */
const remedies: readonly [at: RegExp, before: RegExp, message: string][] = [
  [/^$/, /^\s*$/, 'is empty; write a declaration, or let keys provider new write one'],
  [/^\ufffd/, /^/, 'is not UTF-8 text; save the file as UTF-8'],
  [/^[}\]]/, /,\s*$/, 'has a comma before a closing bracket; remove the comma'],
  [/^[,}\]]/, /:\s*$/, 'has a field without a value; write one after the colon'],
  [/^\S?\s*$/, /(^|[^}\]\s])\s*$/, 'ends too early; close what is open'],
  [/^[/#]/, /^/, 'has a comment, which JSON does not allow; remove it'],
  [/^'/, /^/, 'has a text in single quotes; write double quotes'],
  [/^[\n\r\t]/, /^/, 'has a line break or a tab inside a text; write \\n or \\t, or close the text'],
  [/^["[{]/, /["}\]\w]\s*$/, 'lacks a comma; write one before this'],
  [/^[A-Za-z_]/, /^/, 'has a word without quotes; write it in double quotes'],
];

function faultOf(text: string, offset: number): SyntaxFault {
  const [before, rest] = [text.slice(0, offset), text.slice(offset)];
  const lines = before.split('\n');
  const remedy = remedies.find(([at, preceding]) => at.test(rest) && preceding.test(before));
  return {
    line: lines.length,
    column: (lines.at(-1) ?? '').length + 1,
    message: remedy?.[2] ?? 'is not valid JSON from here; check the quotes, commas and brackets around it',
  };
}

/** Finds where the field at a path is; if it is missing, where the field is that should contain it. */
export function positionsIn({ body }: DocumentNode): (path: string) => Position {
  const positions = new Map<string, Position>();
  const visit = (node: ValueNode, path: string): void => {
    for (const { name, value, place } of childrenOf(node)) {
      const own = path === '' ? name : `${path}.${name}`;
      if (!positions.has(own)) positions.set(own, { line: place.line, column: place.column });
      visit(value, own);
    }
  };
  visit(body, '');
  const { line, column } = body.loc.start;
  return (path) => {
    let place = path;
    while (!positions.has(place) && place.includes('.')) place = place.slice(0, place.lastIndexOf('.'));
    return positions.get(place) ?? { line, column };
  };
}

interface Child {
  name: string;
  value: ValueNode;
  place: Position;
}

function childrenOf(node: ValueNode): Child[] {
  if (node.type === 'Array')
    return node.elements.map(({ value }, index) => ({ name: String(index), value, place: value.loc.start }));
  if (node.type !== 'Object') return [];
  return node.members.map(({ name, value, loc }) => ({
    name: name.type === 'String' ? name.value : name.name,
    value,
    place: loc.start,
  }));
}

/** The paths of fields that an object has twice, with the place of each repetition. JSON keeps only the last one. */
export function repeatedFields({ body }: DocumentNode): (Position & { path: string })[] {
  const visit = (node: ValueNode, path: string): (Position & { path: string })[] => {
    const names = new Set<string>();
    return childrenOf(node).flatMap(({ name, value, place: { line, column } }) => {
      const own = path === '' ? name : `${path}.${name}`;
      const isRepeated = names.has(name);
      names.add(name);
      return [...(isRepeated ? [{ path: own, line, column }] : []), ...visit(value, own)];
    });
  };
  return visit(body, '');
}
