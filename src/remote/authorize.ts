import type { Secret } from '../base/secret.ts';
import type { HttpRequest } from '../http/request.ts';
import type { Provider } from '../providers/declaration/provider.ts';
import { credentialHeader } from './build-request.ts';

/** What authenticates a call, and headers besides the declared ones. */
export interface Sender {
  auth?: Provider['auth'];
  credential?: Secret;
  headers?: Readonly<Record<string, string | Secret>>;
}

/** The request with its credential: in a header, or as a signature. Throws `KeysError` (4) for one that cannot sign. */
export async function authorize(
  request: HttpRequest,
  { auth, credential }: Sender,
  now: Date,
): Promise<HttpRequest> {
  if (!auth || !credential) return request;
  // Loaded only by a profile that signs.
  if (auth.sign) return (await import('./sign-aws.ts')).signAws(request, auth.sign, credential, now);
  return { ...request, headers: { ...request.headers, ...credentialHeader(auth, credential) } };
}
