import { value } from '../../cli/define.ts';
import { offering, readDatabase } from '../../cli/read.ts';

/** For commands that use the embedded authority, whatever the profile. */
export const dbFlag = value(
  '--db <path|url>',
  "the authority's database: a file, or postgres://user@host:port/name (default: KEYS_DB, else that of the profile local)",
  offering('file', readDatabase),
);

export const sessionFields = ['id', 'user', 'role', 'status', 'createdAt', 'expiresAt'];
