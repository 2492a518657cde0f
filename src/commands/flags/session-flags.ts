import { value } from '../../cli/define.ts';
import { readDatabase } from '../../cli/read.ts';

/** For the commands that use the authority on this machine, whatever the profile. */
export const dbFlag = value(
  '--db <path>',
  "the authority's database; default: that of the profile local",
  readDatabase,
);

export const sessionFields = ['id', 'user', 'role', 'status', 'createdAt', 'expiresAt'];
