import type { Connection } from '../../app/connection.ts';
import type { Context } from '../../app/context.ts';
import { KeysError, usageError } from '../../base/errors.ts';
import { jsonFault } from '../../base/json-fault.ts';
import { safeJson, visibleLines } from '../../base/sanitise.ts';
import { defineCommand, toggle } from '../../cli/define.ts';
import type { Result } from '../../output/present.ts';
import type { Terminal } from '../../output/style.ts';

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

export const api = defineCommand({
  operands: '<method> <path>',
  operandWords: { method: methods },
  summary: "call the profile's API directly, with its session token",
  description: [
    'The path is relative to the URL of the profile. POST, PUT and PATCH send the JSON on stdin, unless stdin is a terminal.',
    'Prints the response body. A status other than 2xx sets the usual exit code. With --paginate, the items of all pages are',
    'one JSON array, or a line each with --format ndjson, and --fields selects among their own fields.',
  ].join('\n'),
  examples: [
    'keys api GET /v1/keys',
    'keys api GET /v1/keys --paginate --format ndjson',
    `echo '{"name":"ci"}' | keys api POST /v1/keys`,
  ],
  flags: {
    paginate: toggle(
      '--paginate',
      'follow the pages of a list, as the provider declares them or a Link header says',
    ),
  },
  fields: [],
  isField: (word) => /^[A-Za-z_][\w-]*$/.test(word) && !methodIn(word),
  problems: ({ operands: [method], paginate }) => [
    ...(method === undefined || methodIn(method) ? [] : [`'${method}' is not one of ${methods.join(', ')}`]),
    ...(paginate && method !== undefined && methodIn(method) !== 'GET'
      ? ['--paginate reads a list: it goes with GET alone']
      : []),
  ],
  async run(context, { operands: [text = '', path = ''], paginate }) {
    if (context.output.fields && !paginate)
      throw usageError(
        'fields are selected from the items of a list alone, with --paginate',
        'keys help api',
      );
    const connection = await context.connection();
    if (!connection)
      throw usageError('the embedded authority has no HTTP API in this process', 'keys profile list');
    if (paginate) return printPages(context, connection, path);
    const { openApi } = await import('../../app/open-remote.ts');
    const method = methodIn(text) ?? 'GET';
    const hasBody = ['POST', 'PUT', 'PATCH'].includes(method) && !context.io.stdin.isTTY;
    const body = hasBody ? parseBody(await context.readStdin()) : undefined;
    if (method !== 'GET' && method !== 'HEAD') context.startMutation();
    const api = openApi(context, connection);
    const response = await api.call(method, path, body);
    await context.print({ kind: 'text', text: printable(response.text, context.io.stdout.isTTY) });
    const failure = api.failureOf(response);
    if (failure) throw aboutPath(failure, connection);
    return { kind: 'nothing' };
  },
});

/** A path that does not exist is no key that does not exist. */
function aboutPath(error: KeysError, { url }: Connection): KeysError {
  if (error.failure.code !== 'no_such_key') return error;
  return new KeysError({ ...error.failure, hints: [`check the path, which is relative to ${url.href}`] });
}

async function printPages(context: Context, connection: Connection, path: string): Promise<Result> {
  const { calledItems } = await import('../../app/call-list.ts');
  const { output } = context;
  const { rows, columns } = await calledItems(context, connection, path, (error) =>
    aboutPath(error, connection),
  );
  const shownRows = async (items: readonly object[], terminal: Terminal) =>
    (await import('../../output/views/selected.ts')).selectedTable(items, columns, terminal);
  // What was printed before an error stays.
  if (output.format === 'ndjson')
    return { kind: 'stream', rows, columns, line: (item, terminal) => shownRows([item], terminal) };
  return {
    kind: 'rows',
    rows,
    isWhole: true,
    columns,
    ...(!output.fields && { format: 'json' }),
    table: shownRows,
  };
}

function methodIn(text: string): (typeof methods)[number] | undefined {
  return methods.find((method) => method === text.toUpperCase());
}

/** Undefined for no text. The error leaves out the text, which may contain a secret. */
function parseBody(input: string): Json | undefined {
  const text = input.trim();
  if (text === '') return undefined;
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw usageError(`the body on stdin is not valid JSON: ${jsonFault(error)}`);
  }
}

/** On a terminal: JSON indented, and no control characters. Elsewhere: the text unchanged. */
function printable(text: string, isTerminal: boolean): string {
  if (!isTerminal) return text;
  try {
    return `${safeJson(JSON.stringify(JSON.parse(text), undefined, 2))}\n`;
  } catch {
    return `${visibleLines(text)}\n`;
  }
}
