import { shown } from '../../base/sanitise.ts';
import type { Key } from '../../keys/key.ts';
import { recentDays } from '../../keys/usage-span.ts';
import { meter } from '../charts/meter.ts';
import { narrowSparkline, sparkline } from '../charts/sparkline.ts';
import type { Terminal } from '../style.ts';
import { budgetPaint, shareOfLife, spentShare } from './key-shares.ts';
import * as value from './key-values.ts';
import { renderRecord } from './record.ts';

/** What is drawn of a key besides its fields. */
export interface DetailPictures {
  /** Requests of each of the last days, the oldest first; undefined: they are not known. */
  recentUse: readonly number[] | undefined;
}

export function keyDetailView(key: Partial<Key>, terminal: Terminal, pictures?: DetailPictures): string {
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
      ['Time left', pictures && timeLeft(key, terminal)],
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
      ['Recent use', pictures?.recentUse && recentUse(pictures.recentUse, terminal)],
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
/** Of the labels, with what separates them from the values. */
const labelWidth = 15;

/** `$3.20 of $10.00  ██████░░░░░░░░░░░░░░ 32%`: green, yellow from 80%, red when spent. */
function budget(key: Partial<Key>, terminal: Terminal): string | undefined {
  const { budgetUsd, spentUsd } = key;
  const spentText = spentUsd === undefined ? undefined : `${value.dollars(spentUsd)} spent`;
  if (budgetUsd === undefined) return spentText;
  if (budgetUsd === null) return spentText ? `none, ${spentText}` : 'none';
  if (spentUsd === undefined) return value.dollars(budgetUsd);
  const share = spentShare(budgetUsd, spentUsd);
  const bar = meter(share, barWidth, terminal, budgetPaint(share, terminal));
  return `${value.dollars(spentUsd)} of ${value.dollars(budgetUsd)}  ${bar} ${Math.floor(share * 100)}%`;
}

/** `██████████████░░░░░░ 70% of 90 days` */
function timeLeft(key: Partial<Key>, terminal: Terminal): string | undefined {
  const share = shareOfLife(key, terminal.now);
  if (share === undefined) return undefined;
  const paint = key.status === 'expiring' ? terminal.style.yellow : terminal.style.green;
  const hours = (Date.parse(key.expiresAt ?? '') - Date.parse(key.createdAt ?? '')) / 3_600_000;
  const life =
    hours < 48 ? value.plural(Math.round(hours), 'hour') : value.plural(Math.round(hours / 24), 'day');
  return `${meter(share, barWidth, terminal, paint)} ${Math.floor(share * 100)}% of ${life}`;
}

/** `··▂▁·▃▇█  0 to 51 requests a day, 120 in 30 days` */
function recentUse(requests: readonly number[], { style, unicode, width }: Terminal): string {
  const total = requests.reduce((sum, count) => sum + count, 0);
  if (total === 0) return `no requests in ${recentDays} days`;
  const range = `${value.count(Math.min(...requests))} to ${value.plural(Math.max(...requests), 'request')} a day`;
  const text = `${range}, ${value.count(total)} in ${recentDays} days`;
  const fits = labelWidth + requests.length + text.length < width;
  const line = fits ? sparkline(requests, unicode, unicode ? '·' : '_') : narrowSparkline(requests, unicode);
  return `${style.cyan(line)}  ${text}`;
}
