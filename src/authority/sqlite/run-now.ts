import type { Outcome, Statement, Work } from '../store/work.ts';
import { isStatement } from '../store/work.ts';
import type { Connection } from './connection.ts';
import { sqlite } from './dialect.ts';

const nothing: Outcome = { rows: [], changed: 0 };

/** Carries out work within one turn of the event loop. */
export function runNow<T>(connection: Connection, work: Work<T>): T {
  let step = work.next(nothing);
  while (!step.done) {
    let outcome = nothing;
    try {
      if (isStatement(step.value)) outcome = carryOut(connection, step.value);
      else connection.recordStatusChange(step.value);
    } catch (error) {
      step = work.throw(error);
      continue;
    }
    step = work.next(outcome);
  }
  return step.value;
}

function carryOut(connection: Connection, { kind, sql, values }: Statement): Outcome {
  const text = typeof sql === 'string' ? sql : sql(sqlite);
  if (kind === 'run') return { rows: [], changed: connection.run(text, ...values) };
  if (kind === 'all') return { rows: connection.all(text, ...values), changed: 0 };
  const row = connection.get(text, ...values);
  return { rows: row ? [row] : [], changed: 0 };
}
