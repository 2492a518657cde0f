import type { Office } from '../authority/office.ts';
import type { Desk } from './desk.ts';
import type { Metrics } from './metrics.ts';
import type { Upstream } from './upstream/upstream.ts';

/** What routes work with. */
export interface Context {
  office: Office;
  desk: Desk;
  metrics: Metrics;
  /** The server that calls are passed on to; absent: keys are checked, and nothing is passed on. */
  upstream?: Upstream;
  now: () => Date;
}
