import { shown } from '../../base/sanitise.ts';
import type { Key } from '../../keys/key.ts';
import type { Terminal } from '../style.ts';
import * as value from './key-values.ts';
import { renderRecord } from './record.ts';

export function keyDetailView(key: Partial<Key>, terminal: Terminal): string {
  const { now } = terminal;
  const time = (at: string | null | undefined) => (at === null ? 'never' : at && value.moment(at, now));
  const list = (items: readonly string[] | undefined, none: string) =>
    items && (items.length > 0 ? items.map((one) => shown(one)).join(', ') : none);
  return renderRecord(
    [
      ['Name', value.name(key, terminal)],
      ['Id', key.id && shown(key.id)],
      ['Status', value.status(key, terminal)],
      ['Description', key.description ? shown(key.description) : undefined],
      ['Prefix', key.prefix && shown(key.prefix)],
      ['Created', time(key.createdAt)],
      ['Expires', key.status === 'revoked' ? undefined : time(key.expiresAt)],
      ['Last used', lastUsed(key, time(key.lastUsedAt))],
      ['Permissions', list(key.permissions, 'none')],
      ['Rate limit', rateLimit(key)],
      ['Budget', budget(key, terminal)],
      ['Models', list(key.models, 'all')],
      [
        'Labels',
        list(
          Object.entries(key.labels ?? {}).map(([name, text]) => `${name}=${text}`),
          '',
        ),
      ],
      [
        'Usage',
        key.usage &&
          [
            value.plural(key.usage.requests, 'request'),
            ...(key.usage.tokens === undefined ? [] : [value.plural(key.usage.tokens, 'token')]),
          ].join(', '),
      ],
      ['Profile', key.profile && `${shown(key.profile)} (${shown(key.provider ?? '')})`],
    ],
    terminal,
  );
}

function rateLimit({ rateLimitRpm }: Partial<Key>): string | undefined {
  if (rateLimitRpm === undefined) return undefined;
  return rateLimitRpm === null ? 'none' : `${value.plural(rateLimitRpm, 'request')} a minute`;
}

function lastUsed(key: Partial<Key>, time: string | undefined): string | undefined {
  return time && key.lastUsedIp ? `${time} from ${shown(key.lastUsedIp)}` : time;
}

const barWidth = 20;

/** `$3.20 of $10.00  ██████░░░░░░░░░░░░░░ 32%`: green, yellow from 80%, red when spent. */
function budget(key: Partial<Key>, { style }: Terminal): string | undefined {
  const { budgetUsd, spentUsd } = key;
  const spentText = spentUsd === undefined ? undefined : `${value.dollars(spentUsd)} spent`;
  if (budgetUsd === undefined) return spentText;
  if (budgetUsd === null) return spentText ? `none, ${spentText}` : 'none';
  if (spentUsd === undefined) return value.dollars(budgetUsd);
  const share = budgetUsd > 0 ? Math.max(0, Math.min(1, spentUsd / budgetUsd)) : 1;
  const filledWidth = Math.round(share * barWidth);
  const paint = share >= 1 ? style.red : share >= 0.8 ? style.yellow : style.green;
  const bar = paint('█'.repeat(filledWidth)) + style.dim('░'.repeat(barWidth - filledWidth));
  return `${value.dollars(spentUsd)} of ${value.dollars(budgetUsd)}  ${bar} ${Math.floor(share * 100)}%`;
}
