import type { KeySpec } from '../keys/ports.ts';
import type { Inputs } from './fill-template.ts';

/** The inputs for a new key. Null and empty values are the API's default, and are not sent. */
export function inputsFrom(spec: Omit<KeySpec, 'kept'>): Inputs {
  const hasValue = (value: unknown) => {
    if (value === null) return false;
    if (value instanceof Date || typeof value !== 'object') return true;
    return Object.keys(value).length > 0;
  };
  return Object.fromEntries(Object.entries(spec).filter(([, value]) => hasValue(value)));
}

/** The values of `{kept.NAME}`. */
export function keptInputs(keptFields: Readonly<Record<string, unknown>> = {}): Inputs {
  return Object.fromEntries(Object.entries(keptFields).map(([name, value]) => [`kept.${name}`, value]));
}
