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
