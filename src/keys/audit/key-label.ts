import { shown } from '../../base/sanitise.ts';
import type { Key } from '../key.ts';
import { isActive } from '../key.ts';

const maxNameLength = 80;

/** A name of a server's choice, for a message. */
export function label(name: string): string {
  return shown(name, maxNameLength);
}

export function labelOf({ id, name }: Pick<Key, 'id' | 'name'>): string {
  return label(name === '' ? id : name);
}

/** Whether it works, or may work: some APIs do not tell. */
export function mayWork(key: Key): boolean {
  return isActive(key) || key.status === 'unknown';
}

/** Whether it works, and is not about to be retired by a rotation. */
export function isInService(key: Key): boolean {
  return mayWork(key) && key.retireAt === undefined;
}
