import { storable } from '../store/stored-text.ts';
import type { Outcome, Row, Statement, Value, Work } from '../store/work.ts';
import { isStatement } from '../store/work.ts';
import type { DatabaseSession } from './database-pool.ts';
import { postgres } from './dialect.ts';
import { numbered } from './placeholders.ts';
import { postgresError } from './postgres-errors.ts';

/** Statements that a connection keeps prepared. Those with a list of conditions vary, and would fill the server's memory. */
const maxPrepared = 300;

const names = new Map<string, string>();

/** The name under which connections prepare a statement; undefined once there are too many. */
export function nameOf(text: string): string | undefined {
  const known = names.get(text);
  if (known !== undefined || names.size >= maxPrepared) return known;
  const name = `keys_${names.size + 1}`;
  names.set(text, name);
  return name;
}

const nothing: Outcome = { rows: [], changed: 0 };

/** Carries out work call by call, in the transaction of a connection. */
export async function runWork<T>(session: DatabaseSession, shown: string, work: Work<T>): Promise<T> {
  let step = work.next(nothing);
  while (!step.done) {
    let outcome = nothing;
    try {
      // Status changes are kept for a restored file.
      if (isStatement(step.value)) outcome = await carryOut(session, step.value);
    } catch (error) {
      step = work.throw(postgresError(shown, error));
      continue;
    }
    step = work.next(outcome);
  }
  return step.value;
}

async function carryOut(session: DatabaseSession, { sql, values }: Statement): Promise<Outcome> {
  const text = numbered(typeof sql === 'string' ? sql : sql(postgres));
  const { rows, rowCount } = await session.query(text, values.map(bindable), { name: nameOf(text) });
  return { rows: rows as Row[], changed: rowCount ?? 0 };
}

/** Every text passes through here on its way into the database. */
function bindable(value: Value): unknown {
  return typeof value === 'string' ? storable(value) : value;
}
