import { callsNamed } from './call.ts';
import type { Rule } from './rule.ts';
import { ruleOf } from './rule.ts';
import type { WhoamiCall } from './whoami.ts';
import { identityFields } from './whoami.ts';

/* A question about the session changes nothing, and has an answer. */

const asks = ruleOf((provider) => {
  const calls = callsNamed(provider, 'whoami').map(({ operation, path }) => ({
    call: operation as WhoamiCall,
    path,
  }));
  return calls.flatMap(({ call, path }, index) => {
    const earlierCalls = calls.slice(0, index);
    const told = identityFields.filter((field) => call[field] !== undefined);
    return [
      [call.get === undefined, path, 'is not a get; a question about the session must not change anything'],
      [told.length === 0, path, `tells nothing; declare ${identityFields.join(', ')}, or one of them`],
      ...told.map(
        (field) =>
          [
            earlierCalls.some((earlier) => earlier.call[field] !== undefined),
            `${path}.${field}`,
            'is told by an earlier call; remove one of them',
          ] as const,
      ),
    ];
  });
});

export const whoamiRules: readonly Rule[] = [asks];
