import { AwsV4Signer } from 'aws4fetch';
import { KeysError } from '../base/errors.ts';
import { Secret } from '../base/secret.ts';
import type { HttpRequest } from '../http/request.ts';
import { headersOf, revealBody } from '../http/wire.ts';
import type { Signing } from '../providers/declaration/signing.ts';

/**
 * A request signed with AWS Signature Version 4. The credential is `<access key id>:<secret access key>`: the id is sent, the
 * secret never is. Signed are method, path, query, body, host, date and content type; the signature holds for some minutes,
 * longer than a request is repeated. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export async function signAws(
  request: HttpRequest,
  { service, region }: Pick<Signing, 'service' | 'region'>,
  credential: Secret,
  now: Date,
): Promise<HttpRequest> {
  const { accessKeyId, secretAccessKey } = partsOf(credential);
  const contentType = headersOf(request, '')['content-type'];
  const signer = new AwsV4Signer({
    method: request.method,
    url: request.url.href,
    headers: contentType === undefined ? {} : { 'content-type': String(contentType) },
    body: revealBody(request),
    accessKeyId,
    secretAccessKey,
    service,
    region,
    datetime: now.toISOString().replace(/[:-]|\.\d+/g, ''),
    // The content type too, which the library leaves out otherwise.
    allHeaders: true,
  });
  const { headers } = await signer.sign();
  return {
    ...request,
    headers: {
      ...request.headers,
      'x-amz-date': headers.get('x-amz-date') ?? '',
      authorization: new Secret(headers.get('authorization') ?? ''),
    },
  };
}

/** Ids and secrets of AWS have no colon. */
function partsOf(credential: Secret): { accessKeyId: string; secretAccessKey: string } {
  const [accessKeyId = '', secretAccessKey = '', ...rest] = credential.reveal().split(':');
  if (accessKeyId !== '' && secretAccessKey !== '' && rest.length === 0)
    return { accessKeyId, secretAccessKey };
  throw new KeysError({
    code: 'token_malformed',
    message:
      'the credential cannot sign requests: expected an access key id, a colon and a secret access key',
    hints: ['log in with both, such as AKIAIOSFODNN7EXAMPLE:wJalr…: keys login'],
  });
}
