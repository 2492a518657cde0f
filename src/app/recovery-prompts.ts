import { InvalidValue } from '../base/errors.ts';
import { placeName } from '../base/place-name.ts';
import { shown } from '../base/sanitise.ts';
import type { OpenOperation } from '../keys/operations/open-operation.ts';
import type { DeliveryQuestion, RecoveryPrompts } from '../keys/operations/recovery.ts';
import { relativeTime } from '../output/relative-time.ts';
import type { Column } from '../output/table.ts';
import { parseSink } from '../sinks/sink-spec.ts';
import type { Context } from './context.ts';

/** What recovery asks a person at a terminal. Enter alone never revokes. */
export function recoveryPrompts(context: Context): RecoveryPrompts {
  return {
    chooseOperations: (open) =>
      context.pick(`${open.length} operations are unfinished. Which ones?`, {
        rows: open,
        columns: operationColumns,
        search: ({ header: { id, plan, setting } }) => [plan.name, id, setting.profile],
        name: ({ header: { plan } }) => plan.name,
        several: true,
      }),
    chooseDelivery: (question) => chooseDelivery(context, question),
    chooseUnclear({ key: { id, name }, sinks }) {
      return context.choose(
        `${sinks.join(' and ')} may have the secret of ${id || name}. Look there first.`,
        [
          { value: 'leave', name: 'leave both keys as they are' },
          { value: 'keep', name: `it is there: keep ${id || 'the new key'}` },
          ...(id ? [{ value: 'revoke' as const, name: `it is not there: revoke ${id}` }] : []),
        ],
      );
    },
    async chooseCandidate(candidates) {
      const answer = await context.choose(
        'The reply was lost. Which of these keys did this operation create?',
        [
          { value: '', name: 'leave all of them as they are' },
          ...candidates.map(({ id, createdAt }) => ({ value: id, name: `revoke ${id}  ${createdAt ?? ''}` })),
        ],
      );
      return candidates.find(({ id }) => id === answer);
    },
    confirmRevocation({ id, isSecretLost, setting }) {
      const key = `${id} (${placeName(setting)})`;
      const question = isSecretLost
        ? `The secret of ${key} is lost: no place has it. Revoke the key?`
        : `Revoke ${key}?`;
      return context.confirm(question, ['no, leave it as it is', 'yes, revoke it']);
    },
  };
}

const operationColumns: readonly Column<OpenOperation>[] = [
  { header: 'OPERATION', text: ({ header }) => header.id, rank: 2 },
  { header: 'KIND', text: ({ header }) => header.plan.kind, rank: 3 },
  { header: 'NAME', text: ({ header }) => shown(header.plan.name), rank: 0, shrinkTo: 12 },
  { header: 'PROFILE', text: ({ header }) => shown(header.setting.profile), rank: 1 },
  { header: 'STARTED', text: ({ header }, { now }) => relativeTime(header.at, now), rank: 4 },
];

async function chooseDelivery(
  context: Context,
  { key, noun, from, sinks, setting }: DeliveryQuestion,
): Promise<'deliver' | 'revoke' | 'leave' | { to: string[] }> {
  const places = sinks.map((sink) => (sink === 'stdout' ? 'this terminal' : sink)).join(', ');
  const where = from === undefined ? 'is in escrow' : `is in ${from}, and was to be delivered elsewhere too`;
  const answer = await context.choose(`The secret of ${key.name} (${key.id}) ${where}.`, [
    { value: 'deliver', name: `deliver it to ${places}` },
    { value: 'elsewhere', name: 'deliver it elsewhere' },
    { value: 'revoke', name: `revoke the ${noun}` },
    { value: 'leave', name: 'leave it in escrow' },
  ]);
  if (answer === 'elsewhere') {
    const sink = await askSink(context);
    return sink === undefined ? 'leave' : { to: [sink] };
  }
  if (answer !== 'revoke') return answer;
  const isFinal = await context.confirm(
    `Revoke the ${noun} ${key.name} (${key.id}) in ${placeName(setting)}? Its secret will be lost.`,
    ['no, leave the secret in escrow', `yes, revoke the ${noun}`],
  );
  return isFinal ? 'revoke' : 'leave';
}

/** Asks until the answer is a valid sink; undefined: an empty answer. */
async function askSink(context: Context): Promise<string | undefined> {
  for (;;) {
    const answer = await context.ask('Where to? (file:PATH, env:PATH#NAME and more: keys help sinks)');
    const text = answer.trim();
    if (text === '') return undefined;
    try {
      return parseSink(text).text;
    } catch (error) {
      if (!(error instanceof InvalidValue)) throw error;
      await context.warn(error.message);
    }
  }
}
