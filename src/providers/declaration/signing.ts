import * as v from 'valibot';
import type { Declared } from './field.ts';
import { required, text } from './field.ts';

/* Requests that are signed with the session token, which is not sent itself. */

export const signing = v.strictObject({
  by: required(
    'The scheme. `aws-sigv4`: AWS Signature Version 4; the session token is `ACCESS_KEY_ID:SECRET_ACCESS_KEY`.',
    v.picklist(['aws-sigv4']),
  ),
  service: required('The name of the service in the signature, such as `iam`.', text),
  region: required('The region in the signature, such as `us-east-1`.', text),
});
export type Signing = Declared<typeof signing>;
