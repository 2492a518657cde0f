import type { Failure } from '../base/errors.ts';
import { safeJson, shown } from '../base/sanitise.ts';
import { maskSecrets } from '../base/secret.ts';

/** A failure as lines: each problem, then the hints. Anything that looks like a secret is masked. */
export function failureLines({ message, problems = [message], hints = [] }: Failure): string[] {
  return [
    ...problems.map((problem) => `error: ${line(problem)}`),
    ...hints.map((hint) => `hint: ${line(hint)}`),
  ];
}

const maxLineLength = 10_000;

function line(text: string): string {
  return shown(maskSecrets(text.slice(0, 2 * maxLineLength)), maxLineLength);
}

/** A failure as one JSON document. */
export function failureJson({ code, message, hints, httpStatus, requestId, operation }: Failure): string {
  const hint = hints && hints.length > 0 ? hints.join('\n') : undefined;
  const error = { code, message, hint, httpStatus, requestId, operation };
  // Masked before escaping: the `n` of an escaped line break would hide the start of a secret.
  const maskValue = (_: string, value: unknown) => (typeof value === 'string' ? maskSecrets(value) : value);
  return `${safeJson(JSON.stringify({ error }, maskValue))}\n`;
}
