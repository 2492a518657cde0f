import { sep } from 'node:path';

/** As the system knows it: bytes where the name of a file is not UTF-8. */
export type FilePath = string | Buffer;

const replacement = '\ufffd';

export function joinPath(folder: FilePath, name: string | Buffer): FilePath {
  const text = typeof name === 'string' ? name : nameOf(name);
  // Names of entries need no normalizing, which would take longer than to list them.
  if (typeof folder === 'string' && typeof text === 'string') return `${folder}${sep}${text}`;
  const slash = Buffer.from('/');
  return Buffer.concat([Buffer.from(folder), slash, Buffer.from(name)]);
}

/** As text for people, and for JSON. */
export function pathText(path: FilePath): string {
  // From a thread it is an array of bytes of another kind.
  return typeof path === 'string' ? path : Buffer.from(path).toString('utf8');
}

export function nameOf(bytes: Buffer): FilePath {
  const text = bytes.toString('utf8');
  return text.includes(replacement) && !Buffer.from(text).equals(bytes) ? bytes : text;
}
