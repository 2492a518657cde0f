import type { GlobalFlags } from '../app/context.ts';
import { InvalidValue } from '../base/errors.ts';
import { after, parsePositiveDuration } from '../base/time.ts';
import type { Format } from '../output/formats.ts';
import { formats } from '../output/formats.ts';
import type { Flag } from './define.ts';
import { toggle, value } from './define.ts';
import { oneOf, readList, readText } from './read.ts';

/** Flags that every command takes, before or after its name. */
export const globalFlags = {
  profile: value('--profile <name>', 'the profile to use', readText),
  provider: value('--provider <id>', 'the provider to use', readText),
  url: value('--url <url>', "the provider's URL", readText),
  format: value(
    '--format <format>',
    Object.keys(formats).join(', '),
    oneOf(Object.keys(formats) as Format[]),
  ),
  json: value('--json [fields]', 'short for --format json; a comma list selects and orders fields', readList),
  quiet: toggle('-q, --quiet', 'no notes and no progress on stderr; errors and warnings stay'),
  noInput: toggle('--no-input', 'never prompt'),
  yes: toggle('-y, --yes', 'answer yes where a command asks for confirmation'),
  timeout: value('--timeout <duration>', 'how long to wait for others, default 30s', readTimeout),
  debug: toggle('--debug', 'tell on stderr what happens; secrets stay masked'),
  noColor: toggle('--no-color', 'no colours'),
} satisfies { [Name in keyof GlobalFlags]: Flag<GlobalFlags[Name]> };

const longestTimeout = 3_600_000;

/** Milliseconds. */
function readTimeout(text: string): number {
  const epoch = new Date(0);
  const milliseconds = after(epoch, parsePositiveDuration(text)).getTime();
  if (milliseconds > longestTimeout) throw new InvalidValue(`'${text}' is more than an hour`);
  return milliseconds;
}
