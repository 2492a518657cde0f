import type { Context } from '../../app/context.ts';
import { creationDestination } from '../../app/creation-services.ts';
import { InvalidValue, KeysError } from '../../base/errors.ts';
import { shellWord } from '../../base/shell-word.ts';
import { absoluteTime } from '../../base/time.ts';
import type { Flag, Input } from '../../cli/define.ts';
import type { CreationServices } from '../../keys/operations/create.ts';
import type { Capabilities } from '../../keys/ports.ts';
import { relativeTime } from '../../output/relative-time.ts';
import { dollars } from '../../output/views/key-values.ts';
import { destinationFlags } from '../flags/destination-flags.ts';
import { checkGiven, keyFlags, readName } from '../flags/key-flags.ts';
import { askDestination } from './destination-form.ts';

const askedFlags = {
  expires: keyFlags.expires,
  permission: keyFlags.permission,
  rateLimit: keyFlags.rateLimit,
  budget: keyFlags.budget,
  models: keyFlags.models,
  to: destinationFlags.to,
};

type Asked = keyof typeof askedFlags;
/** The answers, as they would be typed after their flags. */
type Answers = Partial<Record<Asked, string | undefined>>;
type FormInput = Input<typeof keyFlags & typeof destinationFlags> & { dryRun: boolean };

/**
 * Asks for what the provider can set and no flag does. The answers are read as flags are: the command line that it prints
 * creates the same key. Throws `KeysError`: 2, before any question, for flags that cannot be honoured; 1 for a no in the end.
 */
export async function fillCreationForm<I extends FormInput>(
  context: Context,
  { backend, profile }: CreationServices,
  input: I,
): Promise<I> {
  const { capabilities, permissions = [] } = backend;
  checkGiven(profile.provider, backend, input, context.now);
  const hasDestination = input.to.length > 0 || input.secretOnly;
  if (hasDestination) await creationDestination(context, { ...input, to: input.to.map(({ text }) => text) });
  const place = profile.name === profile.provider ? profile.name : `${profile.name} (${profile.provider})`;
  const proposal = context.io.whoami();
  const name = await askValid(context, `Name of the key of ${place}`, readName, proposal);
  const answers: Answers = {};
  if (input.expires === undefined) answers.expires = await askExpiry(context, capabilities);
  if (input.permission.length === 0 && capabilities.createFields.includes('permissions'))
    answers.permission = await askPermissions(context, permissions);
  Object.assign(answers, await askLimits(context, capabilities, input));
  if (!hasDestination) answers.to = await askDestination(context, name, input);
  const filled = { ...input, ...valuesOf(context, answers), operands: [name] };
  await confirmCreation(context, place, filled);
  await context.note('the same without questions:');
  await context.note(`  ${commandLine(context.words, name, answers)}`);
  return filled;
}

/** Asks until the answer is valid. */
async function askValid(
  context: Context,
  question: string,
  read: (text: string) => unknown,
  proposal?: string,
): Promise<string> {
  for (;;) {
    const answer = (await context.ask(question, proposal)).trim();
    try {
      read(answer);
      return answer;
    } catch (error) {
      if (!(error instanceof InvalidValue)) throw error;
      for (const message of error.messages) await context.warn(message);
    }
  }
}

function readAs(context: Context, flag: Flag<unknown>): (text: string) => unknown {
  return (text) => flag.read([text], { now: context.now });
}

/** The first one is proposed: a key of 30 days is born expiring. */
const usualSpans = ['90d', '30d', '1y'];
const otherTime = 'other';

/** Undefined where keys cannot expire. */
async function askExpiry(
  context: Context,
  { expiry, expirySteps = [], expiryRequired, createFields }: Capabilities,
): Promise<string | undefined> {
  if (expiry === 'none' || !createFields.includes('expiresAt')) return undefined;
  const spans = expiry === 'steps' ? expirySteps : usualSpans;
  const answer = await context.choose('When does it expire?', [
    ...spans.map((span) => ({ value: span, name: spanName(span) })),
    ...(expiryRequired ? [] : [{ value: 'never', name: 'never' }]),
    ...(expiry === 'steps' ? [] : [{ value: otherTime, name: 'at another time' }]),
  ]);
  if (answer !== otherTime) return answer;
  const read = readAs(context, keyFlags.expires);
  return askValid(context, 'When? (36h, 12w, 6mo, a date such as 2027-01-31, or never)', read);
}

const units: Readonly<Record<string, string>> = {
  h: 'hour',
  d: 'day',
  w: 'week',
  mo: 'month',
  y: 'year',
};

/** `in 90 days` */
function spanName(span: string): string {
  const [, count = '', unit = ''] = /^(\d+)([a-z]+)$/.exec(span) ?? [];
  const noun = units[unit];
  return noun === undefined ? span : `in ${count} ${noun}${count === '1' ? '' : 's'}`;
}

/** Undefined: as without the flag. */
async function askPermissions(context: Context, permissions: readonly string[]): Promise<string | undefined> {
  if (permissions.length === 1) return undefined;
  if (permissions.length === 0) {
    const answer = await context.ask('Permissions, comma-separated (Enter: as the API decides)');
    return answer.trim() || undefined;
  }
  const chosen = await context.pick('What may it do?', {
    rows: permissions,
    columns: [{ header: 'PERMISSION', text: (permission) => permission, rank: 0, shrinkTo: 12 }],
    search: (permission) => [permission],
    name: (permission) => permission,
    several: true,
  });
  return chosen.join(',');
}

const limits = [
  { flag: 'rateLimit', field: 'rateLimitRpm', noun: 'a rate limit', question: 'Requests per minute' },
  { flag: 'budget', field: 'budgetUsd', noun: 'a budget', question: 'Budget in US dollars' },
  { flag: 'models', field: 'models', noun: 'models', question: 'Models, comma-separated' },
] as const;

async function askLimits(
  context: Context,
  { createFields }: Capabilities,
  input: FormInput,
): Promise<Answers> {
  const isOpen = { rateLimit: input.rateLimit === undefined, budget: input.budget === undefined };
  const open = limits.filter(
    ({ flag, field }) =>
      createFields.includes(field) && (flag === 'models' ? input.models.length === 0 : isOpen[flag]),
  );
  const answers: Answers = {};
  if (open.length === 0) return answers;
  const nouns = open
    .map(({ noun }) => noun)
    .join(', ')
    .replace(/, ([^,]*)$/, ' or $1');
  const sets = await context.choose('Limits?', [
    { value: 'none', name: 'none' },
    { value: 'set', name: `set ${nouns}` },
  ]);
  if (sets === 'none') return answers;
  for (const { flag, question } of open) {
    const read = readAs(context, askedFlags[flag]);
    const answer = await askValid(context, `${question} (Enter: no limit)`, (text) =>
      text === '' ? undefined : read(text),
    );
    if (answer !== '') answers[flag] = answer;
  }
  return answers;
}

/** The values of the flags that the answers stand for. */
function valuesOf(context: Context, answers: Answers): Partial<FormInput> {
  const read = Object.entries(answers).flatMap(([flag, text]) =>
    text === undefined ? [] : [[flag, askedFlags[flag as Asked].read([text], { now: context.now })]],
  );
  return Object.fromEntries(read);
}

async function confirmCreation(context: Context, place: string, input: FormInput): Promise<void> {
  const { operands, expires, permission, rateLimit, budget, models, to, dryRun } = input;
  const lines: [label: string, value: string | undefined][] = [
    ['Name', operands[0]],
    ['Profile', place],
    ['Expires', expires === undefined ? undefined : expiryText(expires, context.now)],
    ['Permissions', permission.flat().join(', ')],
    ['Rate limit', rateLimit ? `${rateLimit} requests a minute` : undefined],
    ['Budget', budget ? dollars(budget) : undefined],
    ['Models', models.flat().join(', ')],
    ['Secret', to.map(({ text }) => text).join(', ') || 'shown here, once'],
  ];
  for (const [label, value] of lines) if (value) await context.note(`  ${label.padEnd(13)}${value}`);
  if (dryRun) return;
  const answer = await context.choose('Create this key?', [
    { value: 'yes', name: 'yes, create it' },
    { value: 'no', name: 'no' },
  ]);
  if (answer === 'no') throw new KeysError({ code: 'declined', message: 'declined: no key was created' });
}

function expiryText(expires: Date | null, now: Date): string {
  if (expires === null) return 'never';
  const time = expires.toISOString();
  return `${relativeTime(time, now)} (${absoluteTime(time)})`;
}

/** What creates the same key without a question. */
function commandLine(words: readonly string[], name: string, answers: Answers): string {
  const added = Object.entries(answers).flatMap(([flag, text]) => {
    const [word = ''] = askedFlags[flag as Asked].syntax.split(' ');
    return text === undefined ? [] : [word, text];
  });
  const typed = words.filter((word) => word !== '--');
  const operand = name.startsWith('-') ? ['--', name] : [];
  const all = [...typed, ...(operand.length > 0 ? [] : [name]), ...added, ...operand];
  return ['keys', ...all.map(shellWord)].join(' ');
}
