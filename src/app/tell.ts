import type { Message } from '../output/message.ts';
import type { Context } from './context.ts';

/** Prints what a view has to say of an event. */
export async function tell(
  context: Pick<Context, 'note' | 'warn'>,
  messages: readonly Message[],
): Promise<void> {
  for (const { level, text } of messages) await (level === 'note' ? context.note(text) : context.warn(text));
}
