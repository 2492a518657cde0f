import { shown } from '../../base/sanitise.ts';
import type { Outcome } from '../../keys/operations/outcome.ts';
import { relativeTime } from '../relative-time.ts';
import type { Terminal } from '../style.ts';
import { renderRecord } from './record.ts';
import { secretView } from './secret.ts';

const words: Record<Outcome['outcome'], string> = {
  open: 'unfinished',
  waiting: 'waiting for the grace period to end',
  delivered: 'delivered',
  revoked: 'revoked',
  kept: 'kept as it is',
  ended: 'ended',
};

/** A card for each operation. */
export function operationsView(outcomes: readonly Outcome[], terminal: Terminal): string {
  if (outcomes.length === 0) return 'Nothing is unfinished.\n';
  return outcomes.map((one) => card(one, terminal)).join('\n');
}

function card(one: Outcome, terminal: Terminal): string {
  const { style, now } = terminal;
  const state = one.outcome === 'open' ? style.yellow(words.open) : style.green(words[one.outcome]);
  const to = one.sinks.map((sink) => {
    const has = one.delivered.some((delivered) => delivered.sink === sink);
    return `${shown(sink)}${has ? style.dim(' (delivered)') : ''}`;
  });
  const waits = one.escrow === 'none' ? undefined : `in the ${one.escrow}`;
  return renderRecord(
    [
      ['Operation', `${style.bold(one.operation)}  ${state}`],
      [one.kind === 'session' ? 'Session of' : 'Key', `${shown(one.name)} ${style.dim(shown(one.id ?? ''))}`],
      ['Profile', `${shown(one.profile)} ${style.dim(shown(one.provider))}`],
      ['Started', relativeTime(one.at, now)],
      ['To', to.join(', ')],
      ['Escrow', one.outcome === 'open' ? waits : undefined],
      ['Candidates', one.candidates?.map(({ id }) => shown(id)).join(', ')],
      ['Reason', one.reason === undefined ? undefined : shown(one.reason)],
    ],
    terminal,
  );
}

/** An operation whose secret is shown now. */
export function deliveredView(one: Outcome & { secret: string }, terminal: Terminal): string {
  return `${card(one, terminal)}${secretView(one.secret, 'secret, shown only once', terminal)}`;
}
