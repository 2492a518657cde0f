/** One link of a `Link` header. Relations, and names of parameters, are in lower case. */
interface Link {
  url: string;
  relations: readonly string[];
  parameters: ReadonlyMap<string, string>;
}

/** A target and its parameters, whose quoted values may have any character in them. */
const linkForm = /<([^>]*)>((?:"(?:[^"\\]|\\.)*"|[^",<])*)/g;
const parameterForm = /;\s*([^\s=;,"]+)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*)))?/g;

/** The links of a `Link` header (RFC 8288). Of a parameter that is there twice, the first one counts. */
export function linksIn(header: string): Link[] {
  return [...header.matchAll(linkForm)].map(([, url = '', written = '']) => {
    const parameters = new Map<string, string>();
    for (const [, name = '', quoted, plain = ''] of written.matchAll(parameterForm)) {
      const key = name.toLowerCase();
      if (!parameters.has(key)) parameters.set(key, quoted ?? plain.replace(/^'(.*)'$/, '$1'));
    }
    const relations = (parameters.get('rel') ?? '').toLowerCase().split(/\s+/);
    return { url, relations, parameters };
  });
}
