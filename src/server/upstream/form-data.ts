/** A field of multipart form data. */
export interface Field {
  name: string;
  value: Buffer;
}

/**
 * The fields of a multipart body (RFC 7578), files included; undefined where its parts could be told apart in another
 * way than here, as parsers do differ: over line ends, padding, escapes, and headers that stand twice.
 */
export function fieldsOf(body: Buffer, contentType: string): Field[] | undefined {
  const [boundary, ...others] = [...contentType.matchAll(/;\s*boundary=(?:"([^"\\]+)"|([^\s;",]+))/gi)];
  const name = boundary?.[1] ?? boundary?.[2];
  if (name === undefined || others.length > 0) return undefined;
  const fields: Field[] = [];
  for (const part of partsOf(body, Buffer.from(`--${name}`, 'latin1')) ?? [undefined]) {
    const field = part && fieldOf(part);
    if (!field) return undefined;
    fields.push(field);
  }
  return fields;
}

/** What stands between the delimiters; undefined where one of them stands anywhere else than at its own line. */
function partsOf(body: Buffer, delimiter: Buffer): Buffer[] | undefined {
  const parts: Buffer[] = [];
  let previous: number | undefined;
  for (let at = body.indexOf(delimiter); at >= 0; at = body.indexOf(delimiter, at + delimiter.length)) {
    if (previous === undefined ? at !== 0 : at < previous + 2 || text(body, at - 2, at) !== '\r\n')
      return undefined;
    if (previous !== undefined) parts.push(body.subarray(previous, at - 2));
    const end = at + delimiter.length;
    if (text(body, end, end + 2) === '--') return /^(?:\r\n)?$/.test(text(body, end + 2)) ? parts : undefined;
    if (text(body, end, end + 2) !== '\r\n') return undefined;
    previous = end + 2;
  }
  return undefined;
}

function fieldOf(part: Buffer): Field | undefined {
  const headEnd = part.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const lines = text(part, 0, headEnd).split('\r\n');
  if (!lines.every((line) => /^[\w-]+:[^\r\n\0]*$/.test(line))) return undefined;
  const [disposition, ...others] = lines.flatMap(
    (line) => /^content-disposition:(.*)$/i.exec(line)?.[1] ?? [],
  );
  const name = disposition === undefined || others.length > 0 ? undefined : nameIn(disposition);
  if (name === undefined) return undefined;
  // Whether a field that is encoded once more is decoded depends on the parser.
  if (lines.some((line) => /^content-transfer-encoding:(?!\s*(?:[78]bit|binary)\s*$)/i.test(line)))
    return undefined;
  return { name, value: part.subarray(headEnd + 4) };
}

/** The name in `form-data; name="model"; filename="a.mp3"`; undefined for escapes and for names in other forms. */
function nameIn(disposition: string): string | undefined {
  const parameters = /^\s*form-data((?:\s*;\s*[\w*-]+=(?:"[^"\\]*"|[^\s;"\\]+))*)\s*$/i.exec(
    disposition,
  )?.[1];
  if (parameters === undefined) return undefined;
  // Also inside of other parameters: not everyone minds the quotes.
  const [found, ...others] = parameters.matchAll(/;\s*name(\*[\w*]*)?=(?:"([^"]*)"|([^\s;"]+))/gi);
  const name = found?.[2] ?? found?.[3];
  return found?.[1] === undefined && others.length === 0 && !name?.includes('%') ? name : undefined;
}

function text(bytes: Buffer, start: number, end?: number): string {
  return bytes.toString('latin1', start, end);
}
