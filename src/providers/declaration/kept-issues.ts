import { keyInputs } from '../../keys/key.ts';
import { callsNamed, replacesWhole } from './call.ts';
import { withFirstChoices } from './either.ts';
import { namesIn } from './placeholder.ts';
import type { Provider } from './provider.ts';
import type { SchemaIssue } from './schema-issue.ts';

/* What would be lost in a rotation, or in a change that replaces the whole key. */

/** A field that is kept and not sent would be lost silently. */
export function keptIssues({ create, update, disable, enable, key }: Provider): SchemaIssue[] {
  const inCreate = namesIn(create);
  const inChanges = [update, disable, enable].flatMap((calls) => namesIn(calls));
  return Object.entries(key.kept ?? {}).flatMap(([name, where]) => {
    const input = `kept.${name}`;
    if (inCreate.includes(input)) return [];
    const isHarmless = [where].flat().every((one) => key.harmless?.includes(one));
    const isChanged = inChanges.includes(input);
    if (isChanged && (isHarmless || !create)) return [];
    const advice = isChanged
      ? 'or list its path in key.harmless if a new key can do without it'
      : 'or remove it here';
    return [
      {
        path: `key.kept.${name}`,
        message: `is not sent again: create does not use {${input}}; add it to the body of create, ${advice}`,
      },
    ];
  });
}

/** A change that replaces the whole key drops what it does not send. */
export function wholeIssues(provider: Provider): SchemaIssue[] {
  const isSent = (input: string) => input.startsWith('kept.') || keyInputs.some((one) => one === input);
  const { body = null, form = null } = provider.create ?? {};
  const inCreate = [...new Set(namesIn({ body: withFirstChoices([body, form]) }).filter(isSent))];
  return (['update', 'disable', 'enable'] as const).flatMap((name) =>
    callsNamed(provider, name).flatMap(({ operation, path }) => {
      const sentNames = namesIn(operation);
      const isWhole = replacesWhole(operation) && (name === 'update' || sentNames.some(isSent));
      const lostNames = isWhole ? inCreate.filter((input) => !sentNames.includes(input)) : [];
      if (lostNames.length === 0) return [];
      const inputs = lostNames.map((input) => `{${input}}`).join(', ');
      return [
        {
          path,
          message: `replaces the whole key without ${inputs}, which create sends; add it to the body, or declare "partial": true if the API keeps what is not sent`,
        },
      ];
    }),
  );
}
