import type { Provider } from '../declaration/provider.ts';

const common = { Version: '2010-05-08', UserName: '{option.user}' };
const keyPath = 'CreateAccessKeyResponse.CreateAccessKeyResult.AccessKey';

export const awsIam: Provider = {
  id: 'aws-iam',
  name: 'AWS IAM access keys',
  docs: 'AWS IAM API, version 2010-05-08, https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateAccessKey.html',
  asOf: '2026-11',
  note: 'the session token is ACCESS_KEY_ID:SECRET_ACCESS_KEY, and a new key is delivered in the same form, because a rotation changes both: split it at the colon. Keys have no names. A user has at most two keys, disabled ones included. A new key can need some seconds until AWS accepts it, so keys does not verify it. When a key was last used is not read: that would be a call for each key. Temporary credentials cannot sign. China and GovCloud sign for another region, and need a declaration of their own',
  url: 'https://iam.amazonaws.com',
  auth: {
    header: 'Authorization',
    sign: { by: 'aws-sigv4', service: 'iam', region: 'us-east-1' },
  },
  // The documented format; JSON is not documented.
  headers: { Accept: 'text/xml' },
  xml: { lists: ['AccessKeyMetadata'] },
  options: {
    user: { help: 'name of the IAM user whose keys are meant; default: the user of the session token' },
  },
  capabilities: { overlap: 'client', expiry: 'none', uniqueNames: false, maxKeys: 2 },
  list: {
    get: '/',
    query: { Action: 'ListAccessKeys', ...common },
    items: 'ListAccessKeysResponse.ListAccessKeysResult.AccessKeyMetadata',
    paging: {
      by: 'cursor',
      cursor: 'Marker',
      limit: 'MaxItems',
      size: 100,
      next: 'ListAccessKeysResponse.ListAccessKeysResult.Marker',
    },
  },
  create: {
    post: '/',
    form: { Action: 'CreateAccessKey', ...common },
    key: keyPath,
    secret: { join: [`${keyPath}.AccessKeyId`, `${keyPath}.SecretAccessKey`], with: ':' },
  },
  disable: {
    post: '/',
    form: { Action: 'UpdateAccessKey', ...common, AccessKeyId: '{id}', Status: 'Inactive' },
    ok: { at: 'UpdateAccessKeyResponse.ResponseMetadata.RequestId' },
  },
  enable: {
    post: '/',
    form: { Action: 'UpdateAccessKey', ...common, AccessKeyId: '{id}', Status: 'Active' },
  },
  revoke: { post: '/', form: { Action: 'DeleteAccessKey', ...common, AccessKeyId: '{id}' } },
  // Without a name, the user whose key signs.
  whoami: {
    get: '/',
    query: { Action: 'GetUser', Version: common.Version },
    user: 'GetUserResponse.GetUserResult.User.UserName',
  },
  key: {
    id: 'AccessKeyId',
    name: { always: 'access-key' },
    status: [{ at: 'Status', words: { Active: 'active', Inactive: 'disabled', Expired: 'expired' } }],
    prefix: 'AccessKeyId',
    createdAt: 'CreateDate',
  },
  errors: { message: 'ErrorResponse.Error.Message', code: 'ErrorResponse.Error.Code' },
};
