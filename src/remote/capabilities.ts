import type { KeyField } from '../keys/key.ts';
import { keyFields } from '../keys/key.ts';
import type { Capabilities, LogField } from '../keys/ports.ts';
import { updatesOf } from '../providers/declaration/call.ts';
import { namesIn, placeholdersIn } from '../providers/declaration/placeholder.ts';
import type { Provider } from '../providers/declaration/provider.ts';
import type { MomentStyle } from '../providers/declaration/styles.ts';
import { expiryStyles, timeStyles } from '../providers/declaration/styles.ts';
import { inputsIn } from './change-calls.ts';

/** Whether the API says where its list of keys ends. */
export function endsLists({ list }: Provider): boolean {
  return ['cursor', 'url'].includes(list.paging?.by ?? '');
}

/** Whether the API lists all keys in one response, and tells as much of each as `show` but for its usage. */
export function listsWhole({ list, show }: Provider): boolean {
  return list.whole === true && show !== undefined && list.paging === undefined;
}

/** What the API of a provider can do. */
export function capabilitiesOf(provider: Provider): Capabilities {
  const { key, logs, usage } = provider;
  return {
    ...provider.capabilities,
    endsLists: endsLists(provider),
    show: provider.show !== undefined || provider.list.single === true,
    create: provider.create !== undefined,
    revoke: provider.revoke !== undefined,
    usage: key.usage !== undefined || key.spentUsd !== undefined || usage !== undefined,
    logs: logs !== undefined,
    logsByKey:
      logs?.entry.keyId !== undefined ||
      namesIn(logs).includes('keyId') ||
      provider.capabilities.maxKeys === 1,
    ...(unloggedFields(provider).length > 0 && { logsWithout: unloggedFields(provider) }),
    update: provider.update !== undefined,
    disable: provider.disable !== undefined,
    verify: provider.verify !== undefined || key.secret !== undefined,
    ...expiryOf(provider),
    ...(provider.console !== undefined && { console: provider.console }),
    ...(key.alike && { alike: key.alike }),
    // Where keys are created in a console only, a new key is one that the API rotates.
    createFields: inputsIn(provider.create ?? provider.rotate),
    updateFields: inputsIn(provider.update).filter((input) => input !== 'labels' || keepsLabels(provider)),
    usageByDay: usage !== undefined,
    ...(usage?.defaultDays !== undefined && { usageDefaultDays: usage.defaultDays }),
    ...(usage?.retentionDays !== undefined && { usageRetentionDays: usage.retentionDays }),
    ...(usage?.covers !== undefined && { usageCovers: usage.covers }),
    reports: keyFields.filter((field) => isReported(provider, field)),
  };
}

/** How exactly the API keeps an expiry, and by whose clock. */
function expiryOf({
  create,
  rotate,
  key,
}: Provider): Pick<Capabilities, 'expiryResolution' | 'expiryIsSpan'> {
  const { style: name = '' } =
    placeholdersIn(create ?? rotate).find(({ input }) => input === 'expiresAt') ?? {};
  const style: MomentStyle | undefined = Object.hasOwn(expiryStyles, name)
    ? expiryStyles[name as keyof typeof expiryStyles]
    : undefined;
  const { as } = typeof key.expiresAt === 'object' && 'as' in key.expiresAt ? key.expiresAt : {};
  const readMs = as === undefined ? 1 : timeStyles[as].resolutionMs;
  return {
    expiryResolution: Math.max(style?.resolutionMs ?? 1, readMs),
    ...(style?.isSpan && { expiryIsSpan: true }),
  };
}

/** If the API replaces all labels, those that cannot be read would be lost. */
function keepsLabels(provider: Provider): boolean {
  return provider.key.labels !== undefined || updatesOf(provider).some(({ labels }) => labels === 'merge');
}

/** Status and superseded follow from other fields; a name that every key has is no name. */
function isReported({ key }: Provider, field: KeyField): boolean {
  if (field === 'name') return !(typeof key.name === 'object' && 'always' in key.name);
  return field in key || field === 'status' || field === 'superseded';
}

/** What the entries of a log do not report, or report alike, and the API cannot select by either. */
function unloggedFields({ logs }: Provider): LogField[] {
  if (!logs) return [];
  const inputs = namesIn(logs);
  const fields = [
    ['status', 'status', logs.entry.statusCode],
    ['method', 'method', logs.entry.method],
    ['path', 'pathPrefix', logs.entry.path],
  ] as const;
  return fields.flatMap(([field, input, where]) => {
    const isTold = where !== undefined && !(typeof where === 'object' && 'always' in where);
    return isTold || inputs.includes(input) ? [] : [field];
  });
}
