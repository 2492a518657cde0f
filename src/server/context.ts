import type { AuthorityService } from '../authority/service.ts';
import type { Upstream } from '../gateway/types.ts';
import type { Metrics } from './metrics.ts';
import type { RequestBatcher } from './request-batcher.ts';

/** What routes need. */
export interface Context {
  authority: AuthorityService;
  batcher: RequestBatcher;
  metrics: Metrics;
  /** Where calls are forwarded to; absent: keys are only checked. */
  upstream?: Upstream;
  now: () => Date;
}
