/** What a schema of valibot found wrong with a value. */
export interface SchemaFault {
  kind: string;
  type: string;
  message: string;
  expected: string | null;
  received: string;
}

/** What is wrong with the value at a path, to follow the path: `is 7, expected string`. */
export function schemaFault({ kind, type, message, expected, received }: SchemaFault): string {
  if (kind !== 'schema') return message;
  if (type === 'strict_object' && expected === 'never') return 'is not a known field';
  if (/object$/.test(type) && received === 'undefined') return 'is required';
  const expectedType = expected?.replace(/^\((.*)\)$/, '$1').replaceAll(' | ', ' or ') ?? '';
  return `is ${inJsonWords(received)}, expected ${inJsonWords(expectedType)}`;
}

/** valibot names the types of JavaScript. */
function inJsonWords(types: string): string {
  return types.replaceAll('Array', 'list').replaceAll('Object', 'object');
}
