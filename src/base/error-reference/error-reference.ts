import type { ErrorCode } from '../error-codes.ts';
import type { Explanation } from './explanation.ts';
import { failed } from './failed.ts';
import { refused } from './refused.ts';
import { remote } from './remote.ts';
import { unfinished } from './unfinished.ts';

/** Every error code with what it means and what to do. A code without an entry does not compile. */
export const errorReference: Readonly<Record<ErrorCode, Explanation>> = {
  ...failed,
  ...refused,
  ...remote,
  ...unfinished,
};
