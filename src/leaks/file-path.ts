import { join } from 'node:path';

/** As the system knows it: bytes where the name of a file is not UTF-8. */
export type FilePath = string | Buffer;

const replacement = '\ufffd';

export function joinPath(folder: FilePath, name: string | Buffer): FilePath {
  const text = typeof name === 'string' ? name : nameOf(name);
  if (typeof folder === 'string' && typeof text === 'string') return join(folder, text);
  const slash = Buffer.from('/');
  return Buffer.concat([Buffer.from(folder), slash, Buffer.from(name)]);
}

/** As text for people, and for JSON. */
export function pathText(path: FilePath): string {
  return typeof path === 'string' ? path : path.toString('utf8');
}

export function nameOf(bytes: Buffer): FilePath {
  const text = bytes.toString('utf8');
  return text.includes(replacement) && !Buffer.from(text).equals(bytes) ? bytes : text;
}
