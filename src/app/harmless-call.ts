import { usageError } from '../base/errors.ts';
import type { HarmlessCall } from '../output/snippet-code.ts';
import { callOf } from '../providers/declaration/call.ts';
import { fillPath } from '../remote/fill-path.ts';
import type { Connection } from './connection.ts';
import type { Context } from './context.ts';

export type CallTarget = Omit<HarmlessCall, 'key'> & {
  /** The URL of the API, without a trailing slash. */
  base: string;
};

/** Where `keys serve` listens by default. */
const serveUrl = 'http://127.0.0.1:8787';

/** A GET that any key of this profile may make. */
export async function harmlessCall(context: Context): Promise<CallTarget> {
  const connection = await context.connection();
  if (connection) return remoteCall(context, connection);
  await context.note(`start the server at ${serveUrl} with: keys serve`);
  const url = `${serveUrl}/v1/models`;
  return { base: serveUrl, url, header: 'Authorization', before: 'Bearer ', headers: {} };
}

/** The call that verifies the provider's keys, or its base URL where that is not a plain GET. */
async function remoteCall(context: Context, { provider, url, options }: Connection): Promise<CallTarget> {
  const { verify } = provider;
  if (provider.auth.sign)
    throw usageError(`keys of the provider ${provider.id} sign requests, which a snippet does not show`);
  const { header, scheme } = verify?.auth ?? provider.auth;
  const target = {
    base: (verify?.url ?? url.href).replace(/\/$/, ''),
    header,
    before: scheme === undefined ? '' : `${scheme} `,
    // They may be credentials of this API.
    headers: verify?.url === undefined ? (provider.headers ?? {}) : {},
  };
  if (verify?.get === undefined) {
    await context.warn(`the provider ${provider.id} declares no call for keys; append a path to the URL`);
    return { ...target, url: url.href };
  }
  const inputs = Object.fromEntries(Object.entries(options).map(([name, text]) => [`option.${name}`, text]));
  const whole = new URL(target.base + fillPath(callOf(verify).path, inputs).replace(/^\/?/, '/'));
  for (const [name, text] of Object.entries(verify.query ?? {})) whole.searchParams.set(name, text);
  return { ...target, url: whole.href };
}
