import type { Connection } from '../../app/connection.ts';
import type { Context } from '../../app/context.ts';
import { lookUpKey } from '../../app/lookup.ts';
import { defineCommand, value } from '../../cli/define.ts';
import { oneOf } from '../../cli/read.ts';
import { isActive } from '../../keys/key.ts';
import { callOf } from '../../providers/declaration/provider.ts';
import { fillPath } from '../../remote/template.ts';
import type { HarmlessCall } from './snippet-code.ts';
import { languages, snippetCode, variable } from './snippet-code.ts';

const fields = ['lang', 'id', 'name', 'url', 'variable', 'code'];

export const snippet = defineCommand({
  operands: '<key>',
  summary: 'print code that calls the API with a key: without the value, which an environment variable holds',
  description: [
    `The value is expected in ${variable}. sh, cmd and powershell also ask for it, so that it does not stand in the`,
    'history of the shell; keys run puts it there for one program.',
  ].join('\n'),
  examples: [
    'keys snippet ci --lang python',
    'keys snippet ci --lang node > call.mjs && keys run --env API_KEY=file:ci.key -- node call.mjs',
    'keys snippet ci --json url,variable',
  ],
  flags: {
    lang: value('--lang <language>', `${languages.join(', ')}; default curl`, oneOf(languages)),
  },
  fields,
  async run(context, { operands: [reference = ''], lang = 'curl' }) {
    const key = await lookUpKey(context, reference);
    if (!isActive(key)) await context.warn(`the key ${key.name} is ${key.status}`);
    const { id, name } = key;
    const { base, ...call } = await harmlessCall(context);
    const code = snippetCode(lang, { key: { id, name }, ...call });
    if (context.output.format === undefined || context.output.format === 'table')
      return { kind: 'text', text: code };
    const record = { lang, id, name, url: base, variable, code };
    return { kind: 'one', record, columns: fields, table: () => code };
  },
});

type Place = Omit<HarmlessCall, 'key'> & {
  /** The URL below which the API is. */
  base: string;
};

/** Where `keys serve` listens unless it is told otherwise. */
const ownUrl = 'http://127.0.0.1:8787';

async function harmlessCall(context: Context): Promise<Place> {
  const connection = await context.connection();
  if (connection) return callOver(context, connection);
  await context.note(`keys serve answers at ${ownUrl}`);
  const url = `${ownUrl}/v1/models`;
  return { base: ownUrl, url, header: 'Authorization', before: 'Bearer ', headers: {} };
}

/** The call by which the provider's keys are verified; without one that is a plain GET, its base URL. */
async function callOver(context: Context, { provider, url, options }: Connection): Promise<Place> {
  const { verify } = provider;
  const { header, scheme } = verify?.auth ?? provider.auth;
  const base = url.href.replace(/\/$/, '');
  const place = {
    base,
    header,
    before: scheme === undefined ? '' : `${scheme} `,
    headers: provider.headers ?? {},
  };
  if (verify?.get === undefined) {
    await context.warn(
      `the provider ${provider.id} names no call that a key may make: put its path after the URL`,
    );
    return { ...place, url: url.href };
  }
  const inputs = Object.fromEntries(Object.entries(options).map(([name, text]) => [`option.${name}`, text]));
  const whole = new URL(base + fillPath(callOf(verify).path, inputs).replace(/^\/?/, '/'));
  for (const [name, text] of Object.entries(verify.query ?? {})) whole.searchParams.set(name, text);
  return { ...place, url: whole.href };
}
