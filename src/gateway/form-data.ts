import { randomBytes } from 'node:crypto';

/** A field of multipart form data. */
export interface FormField {
  name: string;
  /** Present for a file; both as written in the headers of the part. */
  file?: { name: string; type: string };
  value: Buffer;
}

const maxFields = 1000;
const maxHeadBytes = 4096;

/** The fields as a form that every parser reads the same, with no other headers than these. */
export function formOf(fields: readonly FormField[]): { type: string; body: Buffer } {
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
 * The fields of a multipart body (RFC 7578), files included; undefined if other parsers could split it differently: they
 * disagree about line ends, padding, escapes and repeated headers.
 */
export function fieldsOf(body: Buffer, contentType: string): FormField[] | undefined {
  const [boundary, ...others] = [...contentType.matchAll(/;\s*boundary=(?:"([^"\\]+)"|([^\s;",]+))/gi)];
  const name = boundary?.[1] ?? boundary?.[2];
  if (name === undefined || others.length > 0) return undefined;
  const fields = partsOf(body, Buffer.from(`--${name}`, 'latin1'))?.map(fieldOf);
  return fields?.every((field) => field !== undefined) ? fields : undefined;
}

/** The bytes between the delimiters; undefined if a delimiter stands anywhere but on its own line. */
function partsOf(body: Buffer, delimiter: Buffer): Buffer[] | undefined {
  if (body.indexOf(delimiter) !== 0) return undefined;
  const parts: Buffer[] = [];
  for (let start = delimiter.length; ; ) {
    const next = text(body, start, start + 2);
    if (next === '--') return isEnd(body, start + 2) ? parts : undefined;
    const end = body.indexOf(delimiter, start);
    const isOwnLine = next === '\r\n' && end >= start + 4 && text(body, end - 2, end) === '\r\n';
    if (!isOwnLine || parts.length >= maxFields) return undefined;
    parts.push(body.subarray(start + 2, end - 2));
    start = end + delimiter.length;
  }
}

function isEnd(body: Buffer, at: number): boolean {
  return at === body.length || (at + 2 === body.length && text(body, at) === '\r\n');
}

function fieldOf(part: Buffer): FormField | undefined {
  const headEnd = part.indexOf('\r\n\r\n');
  if (headEnd < 0 || headEnd > maxHeadBytes) return undefined;
  const lines = text(part, 0, headEnd).split('\r\n');
  if (!lines.every((line) => /^[\w-]+:[^\r\n\0]*$/.test(line))) return undefined;
  const [disposition, ...others] = lines.flatMap(
    (line) => /^content-disposition:(.*)$/i.exec(line)?.[1] ?? [],
  );
  const names = disposition === undefined || others.length > 0 ? undefined : namesIn(disposition);
  // Only some parsers decode a field with a transfer encoding.
  if (!names || lines.some(isTransferEncoded)) return undefined;
  const value = part.subarray(headEnd + 4);
  if (names.fileName === undefined) return { name: names.name, value };
  const type = lines.flatMap((line) => /^content-type:\s*([\w./+-]+)/i.exec(line)?.[1] ?? [])[0];
  const file = { name: names.fileName, type: type ?? 'application/octet-stream' };
  return { name: names.name, file, value };
}

function isTransferEncoded(line: string): boolean {
  return /^content-transfer-encoding:(?!\s*(?:[78]bit|binary)\s*$)/i.test(line);
}

/**
 * The names in `form-data; name="file"; filename="a.mp3"`; undefined for escapes, for other forms of names, and for a name
 * that is given twice.
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

/** Also inside of other parameters, since some parsers ignore quotes; null for a name in an extended form. */
function valuesOf(parameters: string, name: string): (string | null)[] {
  const matches = parameters.matchAll(
    new RegExp(`;\\s*${name}(\\*[\\w*]*)?=(?:"([^"]*)"|([^\\s;"]+))`, 'gi'),
  );
  return [...matches].map(([, extendedMarker, quotedValue, bare]) =>
    extendedMarker === undefined ? (quotedValue ?? bare ?? '') : null,
  );
}

function text(bytes: Buffer, start: number, end?: number): string {
  return bytes.toString('latin1', start, end);
}
