import type { Failure } from '../errors.ts';
import { maskSecrets } from '../secret.ts';
import { safeJson, visible } from './sanitise.ts';

/** A failure as lines for people: each problem, then what to do. Nothing that looks like a secret is repeated. */
export function failureText({ message, problems = [message], hints = [] }: Failure): string {
  const lines = [
    ...problems.map((problem) => `error: ${visible(problem)}`),
    ...hints.map((hint) => `hint: ${visible(hint)}`),
  ];
  return maskSecrets(`${lines.join('\n')}\n`);
}

/** A failure as one JSON document. */
export function failureJson({ code, message, hints, httpStatus, requestId, operation }: Failure): string {
  const hint = hints && hints.length > 0 ? hints.join('\n') : undefined;
  const error = { code, message, hint, httpStatus, requestId, operation };
  return `${maskSecrets(safeJson(JSON.stringify({ error })))}\n`;
}
