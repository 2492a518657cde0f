import type { AuthorityService } from '../authority/service.ts';
import type { Upstream } from '../gateway/upstream.ts';
import type { Metrics } from './metrics.ts';
import type { Desk } from './request-batcher.ts';

/** What routes work with. */
export interface Context {
  authority: AuthorityService;
  desk: Desk;
  metrics: Metrics;
  /** The server that calls are passed on to; absent: keys are checked, and nothing is passed on. */
  upstream?: Upstream;
  now: () => Date;
}
