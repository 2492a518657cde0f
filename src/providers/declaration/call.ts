import type { Operation } from './operation.ts';

export const methods = ['get', 'post', 'put', 'patch', 'delete'] as const;

/** The method and the path template of a call. */
export function callOf(operation: Operation): { method: Uppercase<(typeof methods)[number]>; path: string } {
  for (const method of methods) {
    const path = operation[method];
    if (path !== undefined) return { method: method.toUpperCase() as Uppercase<typeof method>, path };
  }
  throw new Error('an operation without a method');
}
