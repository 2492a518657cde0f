import type { Key } from '../keys/key.ts';
import type { Provider } from '../providers/declaration/provider.ts';

/** A key without a name is named by its id if there can be several: one shared name would make them one key. */
export function named(key: Key, { key: fields, list, capabilities }: Provider): Key {
  const isNameless = key.name === '' || (typeof fields.name === 'object' && 'always' in fields.name);
  return isNameless && !list.single && capabilities.maxKeys !== 1 ? { ...key, name: key.id } : key;
}
