import type { FastifyInstance } from 'fastify';
import { HttpProblem } from '../gateway/http-problem.ts';
import { problemOf } from './problem-of.ts';

/** Longer than a database takes that can be used, shorter than a load balancer waits. */
const maxCheckMs = 2_000;

/** What a supervisor and a load balancer ask. Neither needs a credential, and neither answer tells more than a status. */
export const healthPaths: readonly string[] = ['/healthz', '/readyz'];

/** Whether the server takes calls. */
export interface Lifecycle {
  /** It was asked to stop: it answers what still arrives, and closes each connection after that. */
  isDraining: boolean;
}

/**
 * `/healthz`: the process answers, so restarting it would not help. `/readyz`: it can do its work; 503 while the database
 * cannot be used, and as soon as the server was asked to stop. `check` rejects if the database cannot be used.
 */
export function serveHealth(app: FastifyInstance, lifecycle: Lifecycle, check: () => Promise<void>): void {
  app.get('/healthz', async () => ({ status: 'ok' }));
  app.get('/readyz', async () => {
    if (lifecycle.isDraining) throw new HttpProblem(503, 'SERVER_STOPPING', 'the server is stopping');
    try {
      await withinLimit(check());
    } catch (error) {
      const { code, message } = problemOf(error);
      throw new HttpProblem(503, code, message, {}, { 'retry-after': '1' });
    }
    return { status: 'ready' };
  });
}

async function withinLimit(checked: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new HttpProblem(503, 'AUTHORITY_BUSY', 'the database does not answer')),
      maxCheckMs,
    );
  });
  await Promise.race([checked, late]).finally(() => clearTimeout(timer));
}
