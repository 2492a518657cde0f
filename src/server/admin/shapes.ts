import * as v from 'valibot';
import { permissions } from '../../authority/capabilities.ts';
import { keyBounds } from '../../authority/key-bounds.ts';
import { roles } from '../../authority/roles.ts';

/* The shapes of the admin API. Times are RFC 3339, ours in UTC; amounts are US dollars. */

export const text = (maxLength: number) => v.pipe(v.string(), v.minLength(1), v.maxLength(maxLength));

/** JavaScript reads `2026-02-31` as a day in March. */
function isMoment(text: string): boolean {
  const day = text.slice(0, 10);
  return !Number.isNaN(Date.parse(text)) && new Date(day).toISOString().startsWith(day);
}

const timeForm = 'expected an RFC 3339 time, such as 2027-01-31T18:00:00Z';
const dateForm = 'expected a date, such as 2027-01-31';

export const time = v.pipe(v.string(), v.isoTimestamp(timeForm), v.check(isMoment, timeForm));
const date = v.pipe(v.string(), v.isoDate(dateForm), v.check(isMoment, dateForm));
const dollars = v.pipe(v.number(), v.minValue(0));
const amount = v.pipe(v.number(), v.gtValue(0), v.maxValue(1_000_000_000));
export const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

export const statuses = ['active', 'expiring', 'expired', 'revoked', 'disabled'] as const;

export const key = v.object({
  id: v.string(),
  name: v.string(),
  description: v.nullable(v.string()),
  status: v.picklist(statuses),
  prefix: v.string(),
  hash: v.string(),
  owner: v.nullable(v.string()),
  created_at: time,
  expires_at: v.nullable(time),
  last_used_at: v.nullable(time),
  last_used_ip: v.nullable(v.string()),
  permissions: v.array(v.string()),
  rate_limit_rpm: v.nullable(count),
  budget_usd: v.nullable(dollars),
  spent_usd: dollars,
  models: v.array(v.string()),
  labels: v.record(v.string(), v.string()),
  usage: v.object({ requests: count, tokens: count }),
});

export const name = v.pipe(text(keyBounds.name), v.regex(/\S/, 'expected more than white space'));
const description = v.nullable(v.pipe(v.string(), v.maxLength(keyBounds.description)));
const expiry = v.nullable(time);
const permissionList = v.pipe(v.array(v.picklist(permissions)), v.maxLength(keyBounds.permissions));
const rateLimit = v.nullable(v.pipe(v.number(), v.safeInteger(), v.minValue(1)));
export const budget = v.nullable(amount);
export const modelIds = v.pipe(v.array(text(keyBounds.model)), v.maxLength(keyBounds.models));
const labelName = text(keyBounds.labelName);
const labelValue = v.pipe(v.string(), v.maxLength(keyBounds.labelValue));

export const newKey = v.strictObject({
  name,
  description: v.optional(description, null),
  expires_at: v.optional(expiry, null),
  permissions: v.optional(permissionList, ['read']),
  rate_limit_rpm: v.optional(rateLimit, null),
  budget_usd: v.optional(budget, null),
  models: v.optional(modelIds, []),
  labels: v.optional(v.record(labelName, labelValue), {}),
});

/** A label that is null is removed. */
export const keyChanges = v.strictObject({
  name: v.optional(name),
  description: v.optional(description),
  expires_at: v.optional(expiry),
  permissions: v.optional(permissionList),
  rate_limit_rpm: v.optional(rateLimit),
  budget_usd: v.optional(budget),
  models: v.optional(modelIds),
  labels: v.optional(v.record(labelName, v.nullable(labelValue))),
});

const ceilingFields = {
  permissions: permissionList,
  budget_usd: budget,
  rate_limit_rpm: rateLimit,
  models: modelIds,
  max_keys: rateLimit,
};

export const ceilingChanges = v.partial(v.strictObject(ceilingFields));

export const user = v.object({
  name: v.string(),
  role: v.picklist(roles),
  ceiling: v.object({
    ...ceilingFields,
    permissions: v.array(v.string()),
    budget_usd: v.nullable(dollars),
    models: v.array(v.string()),
  }),
});
export const users = v.object({ data: v.array(user) });

const year = 31_536_000;

export const rotation = v.strictObject({
  grace_seconds: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(year)), 604_800),
  expires_at: v.optional(expiry),
});

export const issuedKey = v.object({ key, secret: v.string() });
export const rotatedKey = v.object({ key, secret: v.string(), previous: key });

const limit = v.pipe(
  v.string(),
  v.regex(/^(?:[1-9]\d?|1\d\d|200)$/, 'expected a whole number from 1 to 200'),
  v.transform(Number),
);
const cursor = v.optional(v.pipe(v.string(), v.maxLength(200)));
export const page = <Item extends v.GenericSchema>(item: Item) =>
  v.object({ data: v.array(item), next_cursor: v.nullable(v.string()) });

export const keyQuery = v.strictObject({
  status: v.optional(v.picklist(statuses)),
  search: v.optional(text(200)),
  limit: v.optional(limit, '100'),
  cursor,
});

export const logQuery = v.strictObject({
  key_id: v.optional(text(64)),
  since: v.optional(time),
  until: v.optional(time),
  status: v.optional(v.pipe(v.string(), v.regex(/^[1-5](?:\d\d|xx)$/, 'expected 429 or 4xx'))),
  method: v.optional(v.pipe(v.string(), v.regex(/^[A-Za-z]{1,20}$/, 'expected a method'), v.toUpperCase())),
  path_prefix: v.optional(text(1000)),
  limit: v.optional(limit, '100'),
  cursor,
});

export const logEntry = v.object({
  timestamp: time,
  method: v.string(),
  path: v.string(),
  status_code: count,
  key_id: v.string(),
  ip: v.nullable(v.string()),
  model: v.nullable(v.string()),
  requests: count,
  tokens: count,
  cost_usd: dollars,
});

export const usageQuery = v.strictObject({
  by: v.optional(v.picklist(['key', 'day']), 'key'),
  since: v.optional(date),
  key_id: v.optional(text(64)),
});

const sums = { requests: count, tokens: count, spent_usd: dollars, refused: v.optional(count) };
export const usage = v.object({
  data: v.array(
    v.union([
      v.object({ key_id: v.string(), name: v.string(), ...sums }),
      v.object({ date: v.string(), ...sums }),
    ]),
  ),
});

export const userName = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9][A-Za-z0-9._@+-]{0,99}$/, 'expected 1 to 100 letters, digits and . _ @ + -'),
);

export const newSession = v.strictObject({
  user: v.optional(userName),
  role: v.optional(v.picklist(roles)),
  expires_at: v.optional(expiry),
});

export const session = v.object({
  id: v.string(),
  user: v.string(),
  role: v.picklist(roles),
  status: v.picklist(['active', 'expired', 'revoked']),
  created_at: time,
  expires_at: v.nullable(time),
});

export const sessions = v.object({ data: v.array(session) });
export const newToken = v.object({ session, token: v.string() });

export const status = v.object({ status: v.string() });

export const verdict = v.object({
  key_id: v.string(),
  name: v.string(),
  models: v.nullable(v.array(v.string())),
});

export const error = v.object({
  success: v.literal(false),
  error: v.object({
    code: v.string(),
    message: v.string(),
    details: v.record(v.string(), v.union([v.string(), v.number()])),
  }),
});
