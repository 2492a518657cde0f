import type { Capabilities } from '../../keys/ports.ts';

/** A line per command, and what to know about it, in words. */
export function capabilityLines(can: Capabilities): (readonly [label: string, value: string])[] {
  return [
    ['Create', can.create ? sets(can.createFields) : inConsole(can)],
    ['Expiry', expiryOf(can)],
    ['Overlap', overlaps[can.overlap]],
    ['Update', can.update ? sets(can.updateFields) : 'no'],
    ['Disable', yesOrNo(can.disable)],
    ['Revoke', can.revoke ? 'yes' : inConsole(can)],
    ['Usage', can.usage ? usageOf(can) : 'no'],
    ['Logs', can.logs ? logsOf(can) : 'no'],
    ['Verify', yesOrNo(can.verify)],
    ['Fields', can.reports.join(', ')],
    ['Same for all', (can.alike ?? []).join(', ')],
    ['Unique names', yesOrNo(can.uniqueNames)],
    ['Max keys', can.maxKeys === null ? 'no known limit' : String(can.maxKeys)],
    ['One key', can.show ? 'read by its id' : 'looked up in the list'],
    ['End of list', can.endsLists ? 'reported by the API' : 'not reported by the API'],
  ];
}

const overlaps: Readonly<Record<Capabilities['overlap'], string>> = {
  none: 'no: an old and a new key cannot work side by side',
  client: 'yes: an old and a new key can work side by side',
  server: "yes: after the API's own rotation, the old secret works for the grace period",
};

function sets(fields: readonly string[]): string {
  return fields.length === 0 ? 'yes' : `sets ${fields.join(', ')}`;
}

function expiryOf(can: Capabilities): string {
  if (can.expiry === 'none') return 'no';
  return [
    can.expiry === 'steps' ? (can.expirySteps ?? []).join(', ') : 'any time',
    can.expiryRequired ? 'required' : '',
    can.expiry === 'any' ? precisionOf(can.expiryResolution ?? 1) : '',
    can.expiryIsSpan ? "counted by the API's clock" : '',
  ]
    .filter(Boolean)
    .join(', ');
}

const precisions: readonly [ms: number, words: string][] = [
  [86_400_000, 'to the day'],
  [3_600_000, 'to the hour'],
  [60_000, 'to the minute'],
  [1000, 'to the second'],
];

function precisionOf(resolutionMs: number): string {
  return precisions.find(([ms]) => resolutionMs >= ms)?.[1] ?? '';
}

function usageOf({ usageByDay, usageCovers, usageDefaultDays, usageRetentionDays }: Capabilities): string {
  return [
    usageByDay ? 'by key and day' : 'by key',
    usageCovers === undefined ? '' : `${usageCovers} only`,
    usageDefaultDays === undefined ? '' : `the last ${usageDefaultDays} days unless --since is given`,
    usageRetentionDays === undefined ? '' : `up to ${usageRetentionDays - 1} days back`,
  ]
    .filter(Boolean)
    .join(', ');
}

function logsOf({ logsByKey, logsWithout = [] }: Capabilities): string {
  const selection = logsByKey ? 'yes, also of one key' : 'yes, of all keys together';
  return logsWithout.length === 0 ? selection : `${selection}, without ${logsWithout.join(' and ')}`;
}

function inConsole({ console: place }: Capabilities): string {
  return place === undefined ? 'no' : `no, only ${URL.canParse(place) ? 'at' : 'in'} ${place}`;
}

function yesOrNo(can: boolean): string {
  return can ? 'yes' : 'no';
}
