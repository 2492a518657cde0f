import { randomBytes } from 'node:crypto';

/** A field of multipart form data. */
export interface Field {
  name: string;
  /** Present for a file; both as they stand in the headers of the part. */
  file?: { name: string; type: string };
  value: Buffer;
}

/** How many fields a form may have, and how long the headers of one may be, in bytes. */
const mostFields = 1000;
const longestHead = 4096;

/** The fields as a form that reads the same for everybody: headers that nobody needs are left out. */
export function formOf(fields: readonly Field[]): { type: string; body: Buffer } {
  const boundary = `keys-${randomBytes(24).toString('hex')}`;
  const parts = fields.flatMap(({ name, file, value }) => {
    const disposition = `Content-Disposition: form-data; name="${name}"`;
    const head = file ? `${disposition}; filename="${file.name}"\r\nContent-Type: ${file.type}` : disposition;
    return [Buffer.from(`--${boundary}\r\n${head}\r\n\r\n`, 'latin1'), value, Buffer.from('\r\n')];
  });
  return {
    type: `multipart/form-data; boundary=${boundary}`,
    body: Buffer.concat([...parts, Buffer.from(`--${boundary}--\r\n`)]),
  };
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
    if (text(body, end, end + 2) === '--')
      return /^(?:\r\n)?$/.test(text(body, end + 2, end + 5)) ? parts : undefined;
    if (text(body, end, end + 2) !== '\r\n' || parts.length >= mostFields) return undefined;
    previous = end + 2;
  }
  return undefined;
}

function fieldOf(part: Buffer): Field | undefined {
  const headEnd = part.indexOf('\r\n\r\n');
  if (headEnd < 0 || headEnd > longestHead) return undefined;
  const lines = text(part, 0, headEnd).split('\r\n');
  if (!lines.every((line) => /^[\w-]+:[^\r\n\0]*$/.test(line))) return undefined;
  const [disposition, ...others] = lines.flatMap(
    (line) => /^content-disposition:(.*)$/i.exec(line)?.[1] ?? [],
  );
  const names = disposition === undefined || others.length > 0 ? undefined : namesIn(disposition);
  if (!names) return undefined;
  // Whether a field that is encoded once more is decoded depends on the parser.
  if (lines.some((line) => /^content-transfer-encoding:(?!\s*(?:[78]bit|binary)\s*$)/i.test(line)))
    return undefined;
  const value = part.subarray(headEnd + 4);
  if (names.fileName === undefined) return { name: names.name, value };
  const type = lines.flatMap((line) => /^content-type:\s*([\w./+-]+)/i.exec(line)?.[1] ?? [])[0];
  return {
    name: names.name,
    file: { name: names.fileName, type: type ?? 'application/octet-stream' },
    value,
  };
}

/**
 * The names in `form-data; name="file"; filename="a.mp3"`; undefined for escapes, and for names in other forms or more
 * than once.
 */
function namesIn(disposition: string): { name: string; fileName: string | undefined } | undefined {
  const parameters = /^\s*form-data((?:\s*;\s*[\w*-]+=(?:"[^"\\]*"|[^\s;"\\]+))*)\s*$/i.exec(
    disposition,
  )?.[1];
  if (parameters === undefined) return undefined;
  const [name, ...names] = valuesOf(parameters, 'name');
  const [fileName, ...fileNames] = valuesOf(parameters, 'filename');
  if (typeof name !== 'string' || name.includes('%') || names.length > 0) return undefined;
  return fileName === null || fileNames.length > 0 ? undefined : { name, fileName };
}

/** Also inside of other parameters, for not everyone minds the quotes; null for one in an extended form. */
function valuesOf(parameters: string, name: string): (string | null)[] {
  const found = parameters.matchAll(new RegExp(`;\\s*${name}(\\*[\\w*]*)?=(?:"([^"]*)"|([^\\s;"]+))`, 'gi'));
  return [...found].map(([, extended, quoted, bare]) =>
    extended === undefined ? (quoted ?? bare ?? '') : null,
  );
}

function text(bytes: Buffer, start: number, end?: number): string {
  return bytes.toString('latin1', start, end);
}
