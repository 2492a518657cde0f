import type { AuthorityService } from '../authority/service.ts';
import type { Upstream } from '../gateway/types.ts';
import type { Metrics } from './metrics.ts';
import type { RequestBatcher } from './request-batcher.ts';
import type { Offload } from './threads/offload.ts';

/** What routes need. */
export interface Context {
  authority: AuthorityService;
  batcher: RequestBatcher;
  metrics: Metrics;
  offload: Offload;
  /** Where calls are forwarded to; absent: keys are only checked. */
  upstream?: Upstream;
  /** Receives the model of a call that has no price. */
  onUnpriced: (model: string | undefined) => void;
  now: () => Date;
}
