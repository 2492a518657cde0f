import type { RecoveryEvent } from '../../keys/operations/recovery.ts';
import type { Delivered } from '../../keys/ports.ts';
import type { Message } from '../message.ts';
import { note, warning } from '../message.ts';

/** What recovery tells, in words. A table already shows which operations are open. */
export function recoveryMessages(event: RecoveryEvent, isHumanOutput: boolean): Message[] {
  switch (event.type) {
    case 'waiting-for-api':
      return [note(`waiting up to ${event.seconds} s: the API may still be working on ${event.operation}`)];
    case 'delivered':
      return deliveryMessages(event.delivered);
    case 'created-revoked':
      return [note(`revoked the ${event.noun} ${event.id}`)];
    case 'still-open': {
      const { operation, reason } = event.outcome;
      if (isHumanOutput || reason === undefined) return [];
      return [warning(`${operation} is unfinished: ${reason}`)];
    }
  }
}

/** A line for each sink but stdout. */
export function deliveryMessages(delivered: readonly Delivered[]): Message[] {
  return delivered
    .filter(({ sink }) => sink !== 'stdout')
    .map(({ sink, verified }) => note(`delivered to ${sink}${verified ? ' and read back' : ''}`));
}
