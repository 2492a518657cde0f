import { visible } from '../../base/sanitise.ts';

/** A fault in a file. Lines and columns start at 1. */
export interface Fault {
  line: number;
  column: number;
  /** The field; empty for the file as a whole. */
  path: string;
  message: string;
}

/** `my-api.json:12:5: create.body.ttl: …`, a form in which editors and terminals find the place. */
export function placed(file: string, { line, column, path, message }: Fault): string {
  return [`${file}:${line}:${column}`, path, message].filter(Boolean).map(visible).join(': ');
}

export function faultView(file: string, faults: readonly Fault[]): string {
  return faults.map((fault) => `${placed(file, fault)}\n`).join('');
}
