/** A text, a list, or an object of these. */
export type XmlValue = string | XmlValue[] | { [name: string]: XmlValue };

interface Element {
  name: string;
  children: [name: string, value: XmlValue][];
  text: string;
}

const maxDepth = 100;

/** The attributes of a tag are limited, because each of their characters takes room on the stack of the pattern. */
const token =
  /<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<!\[CDATA\[(?<data>[\s\S]*?)\]\]>|<(?<end>\/)?(?<name>[A-Za-z_][\w.:-]*)(?:[^<>"']|"[^"]*"|'[^']*'){0,10000}>|(?<text>[^<]+)/y;

/**
 * Elements and their texts, as in responses of the AWS Query protocol. Undefined for anything else: without a DTD there are
 * no entities that expand, and nothing is loaded.
 */
export function parseXml(xml: string, lists: ReadonlySet<string>): XmlValue | undefined {
  const root: Element = { name: '', children: [], text: '' };
  const open = [root];
  token.lastIndex = 0;
  while (token.lastIndex < xml.length) {
    const match = token.exec(xml);
    if (!match || open.length > maxDepth || !take(match, open, lists)) return undefined;
  }
  const [document, ...others] = root.children;
  if (open.length > 1 || !document || others.length > 0 || root.text.trim() !== '') return undefined;
  return Object.fromEntries([document]);
}

/** Adds a tag or a text to the open elements; false for an end tag of another element. */
function take(match: RegExpExecArray, open: Element[], lists: ReadonlySet<string>): boolean {
  const { data, end, name, text } = match.groups ?? {};
  const element = open.at(-1);
  if (!element) return false;
  if (name === undefined) {
    element.text += data ?? unescaped(text ?? '');
    return true;
  }
  if (end === undefined) open.push({ name, children: [], text: '' });
  else if (name !== element.name) return false;
  if (end === undefined && !match[0].endsWith('/>')) return true;
  const closed = open.pop();
  if (closed) open.at(-1)?.children.push([closed.name, contentOf(closed, lists)]);
  return true;
}

function contentOf({ name, children, text }: Element, lists: ReadonlySet<string>): XmlValue {
  if (lists.has(name)) return children.map(([, value]) => value);
  if (children.length === 0) return text;
  const values = new Map<string, XmlValue[]>();
  for (const [child, value] of children) {
    const same = values.get(child);
    if (same) same.push(value);
    else values.set(child, [value]);
  }
  return Object.fromEntries(
    [...values].map(([child, [first = '', ...others]]) => [
      child,
      others.length === 0 ? first : [first, ...others],
    ]),
  );
}

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

function unescaped(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(\w+));/gi, (whole, hex, decimal, name) => {
    if (name !== undefined) return entities[name] ?? whole;
    const point = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
    return point <= 0x10ffff ? String.fromCodePoint(point) : whole;
  });
}
