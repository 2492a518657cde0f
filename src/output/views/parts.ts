import type { Terminal } from '../style.ts';
import { narrowWidth } from '../typesetting.ts';

/** The parts separated by dots, on as many lines as the width requires. */
export function joinParts(parts: readonly string[], { style, width }: Terminal): string {
  const lines: string[] = [];
  for (const part of parts) {
    const extendedLine = `${lines.at(-1)} · ${part}`;
    if (lines.length > 0 && narrowWidth(extendedLine) <= width) lines[lines.length - 1] = extendedLine;
    else lines.push(part);
  }
  return lines.map((line) => `${line.replaceAll(' · ', style.dim(' · '))}\n`).join('');
}
