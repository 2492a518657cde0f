import { expect, test } from 'vitest';
import { KeysError } from '../../../src/base/errors.ts';
import type { Operation, Step, WrittenStep } from '../../../src/keys/operations/operation.ts';
import { settleArrival } from '../../../src/keys/rotation/settle-arrival.ts';
import { directly } from '../../../src/platform/permits.ts';

/** An operation on a disk that has room for so many lines, and for no sync without it. */
class OnFullDisk {
  readonly steps: WrittenStep[] = [];
  room: number;

  constructor(room: number) {
    this.room = room;
  }

  noteAhead(step: Step): void {
    this.#take();
    this.steps.push({ ...step, at: '2026-11-20T12:00:00.000Z' });
  }

  async settle(): Promise<void> {
    this.#take();
  }

  #take(): void {
    this.room -= 1;
    if (this.room < 0) throw new KeysError({ code: 'journal_not_written', message: 'the disk is full' });
  }
}

function settle(disk: OnFullDisk, verified: boolean): Promise<void> {
  const delivered = [{ sink: 'exec:take', verified }];
  return settleArrival(disk as unknown as Operation, { aside: directly, delivered });
}

test.each([
  ['there is room for neither', 0],
  ['there is room for the line, but not for its sync', 1],
])('where %s, the old key is left alone unless the sink can be read back', async (_, room) => {
  await expect(settle(new OnFullDisk(room), false)).rejects.toThrow('the disk is full');
  await expect(settle(new OnFullDisk(room), true)).resolves.toBeUndefined();
});

test('what could not be written down before is written down now, once', async () => {
  const disk = new OnFullDisk(4);
  await settle(disk, false);
  await settle(disk, false);
  expect(disk.steps).toMatchObject([{ step: 'delivered', sink: 'exec:take', verified: false }]);
});

test('what an earlier attempt has delivered does not count', async () => {
  const disk = new OnFullDisk(5);
  await settle(disk, false);
  disk.noteAhead({ step: 'creating' });
  await settle(disk, false);
  expect(disk.steps.map(({ step }) => step)).toEqual(['delivered', 'creating', 'delivered']);
});
