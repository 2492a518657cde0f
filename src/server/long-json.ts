import type { MessagePort } from 'node:worker_threads';
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';

/*
 * Long answers, from the thread that makes them to the one that decides on keys. Megabytes that wait to be collected make V8
 * collect the whole heap of a thread, which takes milliseconds in which no key is decided on; what waits in a port belongs to
 * no heap.
 */

/** JSON in UTF-8. */
export type Json = Uint8Array<ArrayBuffer> | LongJson;

/** Its parts wait in a port. */
export interface LongJson {
  length: number;
  port: MessagePort;
}

/** What is written in one turn of the event loop: the system takes megabytes at once, and decisions on keys would wait. */
const maxPartBytes = 128 * 1024;

/** In parts, if it is long. */
export function inParts(json: Uint8Array<ArrayBuffer>): Json {
  if (json.length <= maxPartBytes) return json;
  const { port1, port2 } = new MessageChannel();
  for (let at = 0; at < json.length; at += maxPartBytes) {
    const part = json.slice(at, at + maxPartBytes);
    port1.postMessage(part, [part.buffer]);
  }
  return { length: json.length, port: port2 };
}

/** What goes with an answer to another thread instead of being copied. */
export function transferOf(json: Json): (ArrayBuffer | MessagePort)[] {
  return json instanceof Uint8Array ? [json.buffer] : [json.port];
}

/** Passes each part to `write`, which resolves once nothing reads it any more, and frees them all, also if `write` rejects. */
export async function eachPart(
  { port }: LongJson,
  write: (part: Uint8Array<ArrayBuffer>) => Promise<void>,
): Promise<void> {
  try {
    for (;;) {
      const received = receiveMessageOnPort(port);
      if (!received) return;
      const part: Uint8Array<ArrayBuffer> = received.message;
      await write(part);
      // Out of this thread's heap, to wait for the end of the port.
      port.postMessage(undefined, [part.buffer]);
    }
  } finally {
    port.close();
  }
}
