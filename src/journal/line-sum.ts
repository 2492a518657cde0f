import { hash } from 'node:crypto';

/** Matches a line that ends with its checksum. */
export const lineWithSum = /^(\{.*),"sum":"([0-9a-f]{16})"\}$/s;

/** The line with its checksum. */
export function withSum(text: string, sum: string): string {
  return `${text.slice(0, -1)},"sum":"${sum}"}`;
}

/** The checksum of a line; `before` is that of the line before it, empty for the first line. */
export function sumOf(before: string, text: string): string {
  return hash('sha256', `${before}\n${text}`).slice(0, 16);
}

/** The content of a line without its checksum. */
export function withoutSum(value: unknown): unknown {
  const { sum: _, ...rest } = (value ?? {}) as Record<string, unknown>;
  return rest;
}
