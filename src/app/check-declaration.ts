import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { localProvider } from '../accounts/profile.ts';
import { usageError } from '../base/errors.ts';
import { Secret } from '../base/secret.ts';
import { headersOf } from '../http/wire.ts';
import { builtInProvider } from '../providers/built-in/built-in.ts';
import type { CheckedFile } from '../providers/check-file.ts';
import { checkFile, checkText } from '../providers/check-file.ts';
import type { Provider } from '../providers/declaration/provider.ts';
import type { ExampleRequest } from '../remote/example-requests.ts';
import { exampleRequests } from '../remote/example-requests.ts';
import type { Context } from './context.ts';

interface CheckedDeclaration extends CheckedFile {
  /** The file, or the id of a built-in provider. */
  place: string;
  /** `keys` can use it as it is. */
  isInstalled: boolean;
}

/** Checks the file, or the declaration of the provider with this id if there is no such file. Throws `KeysError`. */
export async function checkDeclaration(
  { io, paths }: Pick<Context, 'io' | 'paths'>,
  fileOrId: string,
): Promise<CheckedDeclaration> {
  const file = resolve(io.cwd, fileOrId);
  const isId = /^[a-z][a-z0-9-]*$/.test(fileOrId) && !existsSync(file);
  const ownFile = join(paths.providers, `${fileOrId}.json`);
  if (isId && existsSync(ownFile))
    return { ...checkFile(ownFile, paths.providers), place: ownFile, isInstalled: true };
  if (isId && fileOrId === localProvider.id)
    throw usageError('the embedded authority has no declaration', 'keys provider show local');
  const provider = isId ? await builtInProvider(fileOrId) : undefined;
  // Remarks are for the author of a file.
  if (provider)
    return { ...checkText(JSON.stringify(provider)), remarks: [], place: fileOrId, isInstalled: true };
  return {
    ...checkFile(file, paths.providers),
    place: fileOrId,
    isInstalled: dirname(file) === paths.providers,
  };
}

/** A request as it is shown: `****` in place of each secret. */
export interface ShownRequest {
  call: string;
  method: string;
  url: string;
  headers: Readonly<Record<string, string>>;
  body?: unknown;
}

/** The requests that a declaration would send, filled with examples. */
export function requestsOf(provider: Provider, now: Date): ShownRequest[] {
  return exampleRequests(provider, now).map(shownRequest);
}

/** The same in every request of `keys`. */
const usualHeaders = new Set(['accept-encoding', 'user-agent']);

function shownRequest({ call, request, auth }: ExampleRequest): ShownRequest {
  const headers = Object.entries(headersOf(request, '')).filter(([name]) => !usualHeaders.has(name));
  const { method, url, body } = request;
  return {
    call,
    method,
    url: url.href,
    headers: Object.fromEntries(headers.map(([name, value]) => [name, headerText(auth, name, value)])),
    ...(body !== undefined && { body: JSON.parse(JSON.stringify(body)) }),
  };
}

/** The word before the token is no secret. */
function headerText({ header, scheme }: Provider['auth'], name: string, value: string | Secret): string {
  const isToken = value instanceof Secret && name === header.toLowerCase() && scheme !== undefined;
  return isToken ? `${scheme} ${value}` : String(value);
}
