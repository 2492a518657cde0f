import type { Failure } from '../base/errors.ts';
import { safeJson, shown } from '../base/sanitise.ts';
import { maskSecrets } from '../base/secret.ts';

/** A failure as lines for people: each problem, then what to do. Nothing that looks like a secret is repeated. */
export function failureText({ message, problems = [message], hints = [] }: Failure): string {
  const lines = [
    ...problems.map((problem) => `error: ${line(problem)}`),
    ...hints.map((hint) => `hint: ${line(hint)}`),
  ];
  return `${lines.join('\n')}\n`;
}

/** Characters of a line that are printed. */
const longestLine = 10_000;

function line(text: string): string {
  return shown(maskSecrets(text.slice(0, 2 * longestLine)), longestLine);
}

/** A failure as one JSON document. */
export function failureJson({ code, message, hints, httpStatus, requestId, operation }: Failure): string {
  const hint = hints && hints.length > 0 ? hints.join('\n') : undefined;
  const error = { code, message, hint, httpStatus, requestId, operation };
  // Masked before anything is escaped: the `n` of an escaped line break would hide where a secret begins.
  const masked = (_: string, value: unknown) => (typeof value === 'string' ? maskSecrets(value) : value);
  return `${safeJson(JSON.stringify({ error }, masked))}\n`;
}
