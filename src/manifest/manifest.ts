import * as v from 'valibot';
import { InvalidValue } from '../base/errors.ts';
import { parseDuration, parseExpiry, parsePositiveDuration, SpanEnd } from '../base/time.ts';
import { requirableNamed } from '../keys/audit/audit-policy.ts';
import type { DesiredExpiry } from '../keys/plan/desired-key.ts';
import { literalText } from './place.ts';
import { byName, fields, optional } from './shape.ts';

/* The shape of keys.yaml, from which its published JSON Schema is made as well. */

/** Reads a text with a parser that throws `InvalidValue`. */
function read<T extends v.GenericSchema, Output>(schema: T, parse: (value: v.InferOutput<T>) => Output) {
  return v.pipe(
    schema,
    v.rawTransform<v.InferOutput<T>, Output>(({ dataset, addIssue, NEVER }) => {
      try {
        return parse(dataset.value);
      } catch (error) {
        if (!(error instanceof InvalidValue)) throw error;
        addIssue({ message: error.message });
        return NEVER;
      }
    }),
  );
}

const filledText = v.pipe(v.string(), v.nonEmpty('is empty; write a text, or remove the field'));
const text = read(filledText, literalText);

/** A list without duplicates. */
function listOf<T extends v.GenericSchema>(item: T) {
  return v.pipe(
    v.array(item),
    v.transform((list) => [...new Set(list)]),
  );
}

const anyText = read(v.string(), literalText);
const texts = listOf(text);
const span = read(text, parsePositiveDuration);
const spanOrZero = read(v.union([text, v.literal(0)]), (value) => parseDuration(`${value}`));
const none = v.literal('none');

/** A date is a date whenever it is read; whether it is still to come is for the plan to say. */
function readExpiry(value: string): DesiredExpiry {
  const end = parseExpiry(value, new Date(0));
  if (end === null) return { kind: 'never' };
  return end instanceof SpanEnd
    ? { kind: 'span', duration: parsePositiveDuration(value) }
    : { kind: 'date', at: end };
}

const noRate = 'is not a whole number of at least 1; write none for no limit';
const rateLimit = v.union([v.pipe(v.number(), v.integer(noRate), v.minValue(1, noRate)), none]);

const budget = v.union([
  v.pipe(
    v.number(),
    v.gtValue(0, 'is not above 0; write none for no limit'),
    v.maxValue(999_999_999, 'is above 999999999'),
    v.check((amount) => Number(amount.toFixed(6)) === amount, 'has more than 6 decimals'),
  ),
  none,
]);

const rotation = fields({
  olderThan: optional('Rotate the key when it is at least this old.', '60d', span),
  due: optional('Rotate the key when it expires within this span.', '14d', span),
  grace: optional(
    'How long the old key keeps working. Default: 7d. 0: it is revoked at once.',
    '7d',
    spanOrZero,
  ),
  whenIdle: optional('Retire the old key when it has not been used for this long.', '24h', span),
});

/** The fields that a key can have, and that `defaults` can give to every key. */
const settingsWith = (readPlace: (text: string) => string) => ({
  description: optional('What the key is for.', 'deploys', anyText),
  owner: optional('Who answers for the key.', 'team-search', text),
  expires: optional(
    'When the key expires: a span from its creation (90d, 12w, 6mo, 1y), a date (the end of that day, UTC), an RFC 3339 time, or never.',
    '90d',
    read(text, readExpiry),
  ),
  permissions: optional('What the key may do, in the words of its provider.', ['read'], texts),
  rateLimitRpm: optional('Requests per minute, or none.', 60, rateLimit),
  budgetUsd: optional('The most that the key may spend, in US dollars, or none.', 25, budget),
  models: optional('Models that the key may call. Empty: every model.', ['small-model'], texts),
  labels: optional('Labels that the key has. Others are left alone.', { team: 'search' }, byName(anyText)),
  disabled: optional('Whether the key is disabled.', false, v.boolean()),
  to: optional(
    `Where its secret is kept: sinks as --to takes them, with variables of the environment as \${NAME}. Paths are relative to the file.`,
    ['env:.env#API_KEY'],
    listOf(read(filledText, readPlace)),
  ),
  rotate: optional('When the key is rotated, and how the old key ends.', { olderThan: '60d' }, rotation),
});

const audit = fields({
  maxAge: optional('A key must not be older than this.', '90d', span),
  expiring: optional('A key that expires within this span is a finding.', '14d', span),
  unused: optional('A key that has not been used for this long is a finding.', '90d', span),
  require: optional('What every key must have.', ['expiry'], listOf(read(text, requirableNamed))),
  forbidPermission: optional('Permissions that no key may have.', ['admin'], texts),
  failOn: optional(
    'The least severe finding with which keys audit exits with 8.',
    'warning',
    v.picklist(['info', 'warning', 'error']),
  ),
});

/** The shape of the whole file. `readPlace` reads an item of `to`, and throws `InvalidValue`. */
export function manifestSchema(readPlace: (text: string) => string) {
  const settings = settingsWith(readPlace);
  const key = fields({
    name: optional('The name of the key. Default: the name of this entry.', 'ci', text),
    profile: optional('The profile of the key. Default: that of the file.', 'local', text),
    ...settings,
  });
  return fields({
    profile: optional('The profile of the keys that name none. Default: the current profile.', 'local', text),
    defaults: optional(
      'Fields of every key that leaves them out. labels and rotate are merged field by field; every other field of a key replaces the default.',
      { expires: '90d' },
      fields(settings),
    ),
    keys: optional(
      'The keys that there should be, by name. A field that is left out is left alone; in a new key, it is the default of the API.',
      { ci: { expires: '90d' } },
      byName(v.nullable(key)),
    ),
    audit: optional('What keys audit asks of every key.', { maxAge: '90d' }, audit),
  });
}

export type Manifest = v.InferOutput<ReturnType<typeof manifestSchema>>;
export type KeyEntry = NonNullable<NonNullable<Manifest['keys']>[string]>;
