import { value } from '../../cli/define.ts';
import { offering, readDatabase } from '../../cli/read.ts';

/** For commands that use the embedded authority, whatever the profile. */
export const dbFlag = value(
  '--db <path>',
  "the authority's database (default: that of the profile local)",
  offering('file', readDatabase),
);

export const sessionFields = ['id', 'user', 'role', 'status', 'createdAt', 'expiresAt'];
