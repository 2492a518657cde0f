import { shown } from '../../base/sanitise.ts';
import { absoluteTime } from '../../base/time.ts';
import type { Difference } from '../../keys/differences.ts';
import type { Key } from '../../keys/key.ts';
import { changeAnswer } from '../../keys/key.ts';
import type { Message } from '../message.ts';
import { note, warning } from '../message.ts';
import { relativeTime } from '../relative-time.ts';
import { fieldNames } from './field-names.ts';

/** Each field that the API did not store as requested, and when the key expires. */
export function storedMessages(
  key: Key,
  differences: readonly Difference[],
  { now, isHumanOutput }: { now: Date; isHumanOutput: boolean },
): Message[] {
  const warnings = differences.map((difference) => warning(describeDifference(key, difference)));
  const answerText = key[changeAnswer];
  if (differences.length > 0 && answerText !== undefined)
    warnings.push(warning(`the API answered: ${answerText}`));
  const isExpected = differences.every(({ field }) => field !== 'expiresAt');
  if (!key.expiresAt || isHumanOutput || !isExpected) return warnings;
  return [...warnings, note(`expires ${absoluteTime(key.expiresAt)} (${relativeTime(key.expiresAt, now)})`)];
}

function describeDifference({ id, name }: Key, { field, requestedValue, ...answer }: Difference): string {
  if (field === 'expiresAt') {
    const storedText =
      'storedValue' in answer
        ? `the server stored ${answer.storedValue ?? 'never'}`
        : 'the API does not report an expiry';
    return `requested expiry ${requestedValue ?? 'never'}, but ${storedText}`;
  }
  if (field === 'name' && answer.storedValue === id)
    return `the API did not keep the name ${String(requestedValue)}; use the key's id instead: ${id}`;
  const request = `requested ${fieldNames[field]} ${valueText(requestedValue)} for ${name}`;
  return 'storedValue' in answer
    ? `${request}, but the server stored ${valueText(answer.storedValue)}`
    : `${request}, but the API does not report whether it was stored`;
}

const maxValueLength = 200;

function valueText(value: unknown): string {
  if (value === null || value === '' || (Array.isArray(value) && value.length === 0)) return 'none';
  const isRecord = typeof value === 'object' && !Array.isArray(value);
  const text = isRecord
    ? Object.entries(value)
        .map(([name, one]) => `${name}=${one ?? ''}`)
        .join(', ')
    : [value].flat().join(', ');
  return shown(text, maxValueLength);
}
