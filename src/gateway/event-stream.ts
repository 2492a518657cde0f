import { createParser } from 'eventsource-parser';

/** Characters of one event that are kept; of a longer event, only its end is. */
const maxEventLength = 8 * 1024 * 1024;
const keptEndLength = 64 * 1024;

/** The data of an event; `isEnd` tells that only its end was kept. */
export interface EventData {
  text: string;
  isEnd: boolean;
}

/**
 * Reads server-sent events from a copy of a stream's bytes, in any pieces and in bounded memory. Hands over the data of an
 * event as soon as its last line has ended; an event that the stream breaks off is handed over as well.
 */
export class EventStream {
  readonly #onData: (data: EventData) => void;
  readonly #decoder = new TextDecoder();
  readonly #parser = createParser({
    maxBufferSize: maxEventLength,
    onEvent: ({ data }) => this.#onData({ text: data, isEnd: false }),
    onError: ({ type }) => {
      if (type === 'max-buffer-size-exceeded') this.#oversized = '';
    },
  });
  #isAfterReturn = false;
  /** The end of an event that is too long for the parser, while it lasts. */
  #oversized: string | undefined;

  constructor(onData: (data: EventData) => void) {
    this.#onData = onData;
  }

  add(chunk: Buffer): void {
    this.#read(this.#decoder.decode(chunk, { stream: true }));
  }

  end(): void {
    this.#read(`${this.#decoder.decode()}\n\n`);
  }

  #read(text: string): void {
    if (text === '') return;
    // The parser would hold back a final CR until it knows whether LF follows: the event would be read too late.
    const rest = this.#isAfterReturn && text.startsWith('\n') ? text.slice(1) : text;
    this.#isAfterReturn = text.endsWith('\r');
    this.#feed(rest.replace(/\r\n?/g, '\n'));
  }

  #feed(text: string): void {
    if (this.#oversized === undefined) this.#parser.feed(text);
    if (this.#oversized === undefined) return;
    const oversizedText = this.#oversized + text;
    const end = oversizedText.indexOf('\n\n');
    this.#oversized = oversizedText.slice(-keptEndLength);
    if (end < 0) return;
    this.#oversized = undefined;
    this.#parser.reset();
    this.#onData({ text: oversizedText.slice(Math.max(0, end - keptEndLength), end), isEnd: true });
    this.#feed(oversizedText.slice(end + 2));
  }
}
