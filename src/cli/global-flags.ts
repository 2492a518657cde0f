import type { GlobalFlags } from '../app/context.ts';
import { InvalidValue } from '../base/errors.ts';
import { after, parsePositiveDuration } from '../base/time.ts';
import type { Format, ReportFormat } from '../output/formats.ts';
import { formats } from '../output/formats.ts';
import type { Command, Flag } from './define.ts';
import { toggle, value } from './define.ts';
import { nameOf, offering, oneOf, readList, readText } from './read.ts';

/** The flags of every command; they may stand before or after its name. */
export const globalFlags = {
  profile: value('--profile <name>', 'the profile to use', nameOf('profile')),
  provider: value('--provider <id>', 'the provider to use', nameOf('provider')),
  url: value('--url <url>', "the provider's URL", readText),
  format: formatFlag(),
  json: value(
    '--json [fields]',
    'short for --format json; a comma-separated list selects and orders the fields',
    offering('fields', readList),
  ),
  fields: value(
    '--fields <list>',
    'comma-separated fields to show, in this order, in any format',
    offering('fields', readFields),
  ),
  quiet: toggle('-q, --quiet', 'no notes and no progress on stderr, only warnings and errors'),
  noInput: toggle('--no-input', 'never prompt'),
  yes: toggle('-y, --yes', 'answer yes to every confirmation'),
  timeout: value(
    '--timeout <duration>',
    'how long to wait for an API or a program (default 30s)',
    readTimeout,
  ),
  debug: toggle('--debug', 'print details on stderr; secrets are masked'),
  noColor: toggle('--no-color', 'no colours'),
  noPager: toggle('--no-pager', 'print long output without a pager'),
} satisfies GlobalFlagsByName;

type GlobalFlagsByName = { [Name in keyof GlobalFlags]: Flag<GlobalFlags[Name]> };

/** The same with the formats that this command has. */
export function globalFlagsOf({ reports }: Pick<Command, 'reports'>): GlobalFlagsByName {
  return reports ? { ...globalFlags, format: formatFlag(reports) } : globalFlags;
}

function formatFlag(reports: readonly ReportFormat[] = []): Flag<Format | undefined> {
  const words = [...(Object.keys(formats) as Format[]), ...reports];
  return value('--format <format>', words.join(', '), oneOf(words));
}

function readFields(text: string): string[] {
  const fields = readList(text);
  if (fields.length === 0)
    throw new InvalidValue(`'${text}' is an empty list; expected fields such as id,name`);
  return fields;
}

const maxTimeoutMs = 3_600_000;

/** Milliseconds. */
function readTimeout(text: string): number {
  if (/^[1-9]\d*$/.test(text)) throw new InvalidValue(`'${text}' has no unit (did you mean ${text}s?)`);
  const epoch = new Date(0);
  const milliseconds = after(epoch, parsePositiveDuration(text)).getTime();
  if (milliseconds > maxTimeoutMs) throw new InvalidValue(`'${text}' is more than an hour`);
  return milliseconds;
}
