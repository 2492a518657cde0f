import type { Action } from '../../keys/plan/action.ts';
import type { AppliedAction } from '../../keys/plan/apply.ts';

/**
 * Actions for people: places as the file writes them, with paths that are relative to it. In data, a place is the same from
 * every folder.
 */
export function withWrittenPlaces<T extends Action | AppliedAction>(
  actions: readonly T[],
  placeNames: ReadonlyMap<string, string>,
): T[] {
  const written = writerOf(placeNames);
  return actions.map((action) => ({
    ...action,
    ...(action.reason !== undefined && { reason: written(action.reason) }),
    ...(action.changes && {
      changes: action.changes.map((change) =>
        change.field === 'to' ? { ...change, to: written(String(change.to)) } : change,
      ),
    }),
    ...('error' in action &&
      action.error && { error: { ...action.error, message: written(action.error.message) } }),
  }));
}

/** Replaces the places in a text, each as a whole: one may begin as another one. */
function writerOf(placeNames: ReadonlyMap<string, string>): (text: string) => string {
  const lengths = [...new Set([...placeNames.keys()].map(({ length }) => length))].sort((a, b) => b - a);
  return (text) => {
    let result = '';
    let end = 0;
    for (const { index } of text.matchAll(/\b[a-z-]+:/g)) {
      if (index < end) continue;
      const length = lengths.find((one) => placeNames.has(text.slice(index, index + one)));
      if (length === undefined) continue;
      result += text.slice(end, index) + placeNames.get(text.slice(index, index + length));
      end = index + length;
    }
    return result + text.slice(end);
  };
}
