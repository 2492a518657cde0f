import { namesIn } from './placeholder.ts';
import { ruleOf } from './rule.ts';

/* Declarations of usage whose totals would be of something else, or of nothing. */

const usage = ruleOf((provider) => {
  if (!provider.usage) return [];
  const { row, defaultDays, retentionDays } = provider.usage;
  const inputs = namesIn(provider.usage);
  return [
    [
      row.keyId === undefined && !inputs.includes('keyId'),
      'usage.row',
      'cannot tell keys apart; declare keyId in it, or use {keyId} in the query of usage',
    ],
    [
      row.keyId === undefined && inputs.includes('by'),
      'usage.row.keyId',
      'is required because the call uses {by}; write where a total by key has the id',
    ],
    [
      row.requests === undefined && row.tokens === undefined && row.spentUsd === undefined,
      'usage.row',
      'counts nothing; declare requests, tokens or spentUsd',
    ],
    [
      defaultDays !== undefined && !inputs.includes('since'),
      'usage.defaultDays',
      'is not used because the call does not use {since}; add it to the query, or remove this',
    ],
    [
      defaultDays !== undefined && retentionDays !== undefined && defaultDays > retentionDays,
      'usage.defaultDays',
      `is more than retentionDays; write ${retentionDays} or less`,
    ],
  ];
});

export const usageRules = [usage];

/** What an API may leave out in silence. */
const span = ruleOf((provider) => {
  if (!provider.usage) return [];
  const { defaultDays, retentionDays } = provider.usage;
  const sendsSince = namesIn(provider.usage).includes('since');
  return [
    [
      sendsSince && defaultDays === undefined,
      'usage',
      'has no defaultDays: without --since, the API alone decides how far back the totals go',
    ],
    [
      !sendsSince && retentionDays === undefined,
      'usage',
      'does not use {since}: the API alone decides how far back the totals go; declare retentionDays if they do not go back to the start',
    ],
  ];
});

export const usageRemarks = [span];
