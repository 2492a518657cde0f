import { value } from '../../cli/define.ts';
import { offering, readDatabase } from '../../cli/read.ts';

/** For commands that use the embedded authority, whatever the profile. */
export const dbFlag = value(
  '--db <database>',
  "the authority's database: a file, or a PostgreSQL URL (default: KEYS_DB)",
  offering('file', readDatabase),
);

export const sessionFields = ['id', 'user', 'role', 'status', 'createdAt', 'expiresAt'];
