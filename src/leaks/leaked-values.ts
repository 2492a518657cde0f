import { Secret } from '../base/secret.ts';
import type { Format } from './sought-formats.ts';
import type { PlacedValue } from './text-search.ts';

/** Where a value was found. */
export interface Place {
  file: string;
  line: number;
  column: number;
  commit?: string;
  /** The blob in which it was found, until its commit is known. */
  blob?: string;
}

/** A value with all its places. */
export interface LeakedValue {
  value: Secret;
  /** What may be shown of it: what every value of its kind begins with, and of the authority's the public id. */
  masked: string;
  length: number;
  format: Format;
  /** The id in a value of the authority. */
  ownId: string | undefined;
  places: Place[];
}

/** Collects what is found, each value once. */
export class LeakedValues {
  readonly #formats: readonly Format[];
  readonly #byValue = new Map<string, LeakedValue>();

  constructor(formats: readonly Format[]) {
    this.#formats = formats;
  }

  add(
    { value, format: index, line, column }: PlacedValue,
    at: Pick<Place, 'file' | 'commit' | 'blob'>,
  ): void {
    const format = this.#formats[index];
    if (!format) return;
    const known = this.#byValue.get(value) ?? leakedValue(value, format);
    known.places.push({ ...at, line, column });
    this.#byValue.set(value, known);
  }

  get all(): LeakedValue[] {
    return [...this.#byValue.values()];
  }
}

const idPattern = /^(?:sk|ses)_([0-9A-Za-z]{16})_/;

function leakedValue(value: string, format: Format): LeakedValue {
  const ownId = format.checksum && idPattern.exec(value)?.[1];
  const shown = ownId === undefined ? (format.text.split('{', 1)[0] ?? '') : `${format.checksum}_${ownId}`;
  return {
    value: new Secret(value),
    masked: `${shown}****`,
    length: value.length,
    format,
    ownId,
    places: [],
  };
}
