import { KeysError, usageError } from '../../base/errors.ts';
import { jsonFault } from '../../base/json-fault.ts';
import { safeJson, visibleLines } from '../../base/sanitise.ts';
import { defineCommand } from '../../cli/define.ts';

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

export const api = defineCommand({
  operands: '<method> <path>',
  summary: "call the profile's API directly, with its session token",
  description: [
    'The path is relative to the URL of the profile. POST, PUT and PATCH send the JSON on stdin, unless stdin is a terminal.',
    'Prints the response body. A status other than 2xx sets the usual exit code.',
  ].join('\n'),
  examples: ['keys api GET /v1/keys', `echo '{"name":"ci"}' | keys api POST /v1/keys`],
  flags: {},
  fields: [],
  problems: ({ operands: [method] }) =>
    method === undefined || methodIn(method) ? [] : [`'${method}' is not one of ${methods.join(', ')}`],
  async run(context, { operands: [text = '', path = ''] }) {
    const connection = await context.connection();
    if (!connection)
      throw usageError('the embedded authority has no HTTP API in this process', 'keys profile list');
    const { openApi } = await import('../../app/open-remote.ts');
    const method = methodIn(text) ?? 'GET';
    const hasBody = ['POST', 'PUT', 'PATCH'].includes(method) && !context.io.stdin.isTTY;
    const body = hasBody ? parseBody(await context.readStdin()) : undefined;
    if (method !== 'GET' && method !== 'HEAD') context.startMutation();
    const api = openApi(context, connection);
    const response = await api.call(method, path, body);
    await context.print({ kind: 'text', text: printable(response.text, context.io.stdout.isTTY) });
    const failure = api.failureOf(response);
    if (failure?.failure.code === 'no_such_key') {
      const hint = `check the path, which is relative to ${connection.url.href}`;
      throw new KeysError({ ...failure.failure, hints: [hint] });
    }
    if (failure) throw failure;
    return { kind: 'nothing' };
  },
});

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
