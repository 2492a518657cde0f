import { shortList } from '../../base/short-list.ts';
import type { CreationEvent } from '../../keys/operations/create.ts';
import type { Message } from '../message.ts';
import { note, warning } from '../message.ts';
import { deliveryMessages } from './recovery-events.ts';
import { storedMessages } from './stored.ts';

/** What the creation of a key tells, in words. */
export function creationMessages(
  event: CreationEvent,
  reader: { now: Date; isHumanOutput: boolean },
): Message[] {
  switch (event.type) {
    case 'dry-run':
      return [note('dry run: nothing was created')];
    case 'exists':
      return [note(`a key named ${event.key.name} already works (${event.key.id}): nothing was created`)];
    case 'sink-unknown':
      return [
        warning(`cannot tell whether ${event.sink} holds the value of ${event.key.name} (${event.key.id})`),
      ];
    case 'supersedes':
      return [warning(superseding(event.name, event.ids))];
    case 'stored':
      return storedMessages(event.key, event.differences, reader);
    case 'unidentified':
      return [warning('the API does not show which key it created: keys list --status all')];
    case 'unnamed':
      return [
        warning(`the provider ${event.provider} keeps no names: refer to the key by its id, ${event.id}`),
      ];
    case 'replaced-by-api':
      return [warning(`the API replaced the key ${event.id}: it no longer works`)];
    case 'replacement-unknown':
      return [warning('the API did not answer whether it replaced an earlier key: keys list')];
    case 'delivered':
      return deliveryMessages(event.delivered);
  }
}

function superseding(name: string, ids: readonly string[]): string {
  const shown = shortList(ids, (id) => id);
  return ids.length === 1
    ? `a key named ${name} already works (${shown}): the new one supersedes it, and it stays active`
    : `${ids.length} keys named ${name} already work (${shown}): the new one supersedes them, and they stay active`;
}
