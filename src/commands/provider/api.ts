import { InvalidValue, KeysError, usageError } from '../../base/errors.ts';
import { safeJson, visibleLines } from '../../base/sanitise.ts';
import { defineCommand } from '../../cli/define.ts';
import { oneOf } from '../../cli/read.ts';
import type { JsonBody } from '../../http/client.ts';

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

export const api = defineCommand({
  operands: '<method> <path>',
  summary: 'call the API of the profile directly, with its session token',
  description: [
    'The path is below the URL of the profile. A body of a POST, PUT or PATCH is JSON and read from stdin, unless stdin is',
    'a terminal. The answer is printed as it is; a status other than 2xx gives the exit code that it gives anywhere.',
  ].join('\n'),
  examples: ['keys api GET /v1/keys', `echo '{"name":"ci"}' | keys api POST /v1/keys`],
  flags: {},
  fields: [],
  problems({ operands: [method] }) {
    if (method === undefined) return [];
    try {
      oneOf(methods)(method.toUpperCase() as (typeof methods)[number]);
      return [];
    } catch (error) {
      return error instanceof InvalidValue ? [error.message] : [];
    }
  },
  async run(context, { operands: [method = '', path = ''] }) {
    const connection = await context.connection();
    if (!connection)
      throw usageError('the embedded authority has no HTTP API in this process', 'keys profile list');
    const { openApi } = await import('../../app/open-remote.ts');
    const verb = method.toUpperCase() as (typeof methods)[number];
    const body =
      ['POST', 'PUT', 'PATCH'].includes(verb) && !context.io.stdin.isTTY
        ? await readBody(context)
        : undefined;
    if (verb !== 'GET' && verb !== 'HEAD') context.startMutation();
    const api = openApi(context, connection);
    const response = await api.call(verb, path, body);
    await context.print({ kind: 'text', text: printable(response.text, context.io.stdout.isTTY) });
    const failure = api.failureOf(response);
    if (failure) throw failure;
    return { kind: 'nothing' };
  },
});

async function readBody(context: { readStdin(): Promise<string> }): Promise<JsonBody | undefined> {
  const text = (await context.readStdin()).trim();
  if (text === '') return undefined;
  try {
    return JSON.parse(text) as JsonBody;
  } catch (error) {
    throw new KeysError({
      code: 'usage',
      message: `the body on stdin is not JSON: ${error instanceof Error ? error.message.replace(/".*"/s, '…') : ''}`,
    });
  }
}

/** On a terminal, JSON laid out and nothing that could redraw the screen; elsewhere the text as it came. */
function printable(text: string, isTerminal: boolean): string {
  if (!isTerminal) return text;
  try {
    return `${safeJson(JSON.stringify(JSON.parse(text), undefined, 2))}\n`;
  } catch {
    return `${visibleLines(text)}\n`;
  }
}
