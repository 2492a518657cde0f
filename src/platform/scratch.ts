import { readSync } from 'node:fs';

/*
 * Memory that files are read into one after the other, each before the one before it is needed no more: the system takes as
 * long to hand out a page of memory as to copy one.
 */

let memory = Buffer.alloc(0);

/** So many bytes of a file, or fewer at its end. They are valid until the next call. At a multiple of 8 bytes, as V8 wants. */
export function readToScratch(file: number, position: number, length: number): Buffer {
  if (memory.length < length) memory = Buffer.allocUnsafeSlow(length);
  return memory.subarray(0, readSync(file, memory, 0, length, position));
}
