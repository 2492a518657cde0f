import type { Context } from '../../app/context.ts';
import { creationDestination } from '../../app/creation-services.ts';
import { InvalidValue, isStop, KeysError } from '../../base/errors.ts';
import { presets } from '../../sinks/presets.ts';
import { parseSink } from '../../sinks/sink-spec.ts';

/** A kind of place for a secret. */
interface PlaceKind {
  /** The sink, or what it begins with. */
  sink: string;
  what: string;
  /** What follows the colon; absent: nothing. */
  form?: string;
  proposal?: string;
}

function kindsFor(name: string): PlaceKind[] {
  const file = name.replaceAll(/[^\w.-]+/g, '-').replace(/^[-.]+/, '') || 'key';
  return [
    { sink: 'stdout', what: 'show it here, once' },
    { sink: 'env', what: 'a variable of a dotenv file', form: 'PATH#NAME', proposal: '.env#API_KEY' },
    { sink: 'file', what: 'a file that only you can read', form: 'PATH', proposal: `${file}.key` },
    { sink: 'keychain', what: 'the keychain of the system', form: 'NAME', proposal: file },
    { sink: 'clipboard', what: 'the clipboard, cleared after 45 s' },
    ...Object.entries(presets).map(([sink, { help, form }]) => ({ sink, what: help, form })),
    { sink: 'exec', what: 'a program of yours, on its stdin', form: 'COMMAND' },
  ];
}

/** Where a person wants the secret, as for `--to`: a place that can take it. Undefined: it is shown here. */
export async function askDestination(
  context: Context,
  name: string,
  { allowInGit }: { allowInGit: boolean },
): Promise<string | undefined> {
  for (;;) {
    const [kind] = await context.pick('Where does the secret go?', {
      rows: kindsFor(name),
      columns: [
        { header: 'WHAT', text: ({ what }) => what, rank: 0, shrinkTo: 20 },
        { header: 'SINK', text: ({ sink, form }) => (form ? `${sink}:${form}` : ''), rank: 1 },
      ],
      search: ({ what, sink }) => [what, sink],
      name: ({ what }) => what,
    });
    if (!kind || kind.sink === 'stdout') return undefined;
    const to = await askPlace(context, kind);
    if (to !== undefined && (await canTake(context, to, name, allowInGit))) return to;
  }
}

/** Undefined: the answer is not valid. */
async function askPlace(context: Context, { sink, form, proposal }: PlaceKind): Promise<string | undefined> {
  const rest =
    form === undefined ? '' : `:${(await context.ask(`Where exactly, as ${form}?`, proposal)).trim()}`;
  try {
    return parseSink(`${sink}${rest}`).text;
  } catch (error) {
    if (!(error instanceof InvalidValue)) throw error;
    for (const message of error.messages) await context.warn(message);
    return undefined;
  }
}

/** Checks the place now, not when the key exists. */
async function canTake(context: Context, to: string, name: string, allowInGit: boolean): Promise<boolean> {
  try {
    const flags = { to: [to], secretOnly: false, allowInGit, dryRun: false };
    const destination = await creationDestination(context, flags);
    for (const place of destination?.places ?? []) await place.check({ name });
    return true;
  } catch (error) {
    if (!(error instanceof KeysError) || isStop(error)) throw error;
    await context.warn(error.message);
    for (const hint of error.failure.hints ?? []) await context.note(`  ${hint}`);
    return false;
  }
}
