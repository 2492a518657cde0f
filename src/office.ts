import { resolve } from 'node:path';
import type { App } from './app.ts';
import { Office } from './authority/office.ts';
import type { Organisation } from './authority/policy.ts';

/** The embedded authority as several have it: for the server, and for whoever makes sessions. */
export function openOffice(app: App, db: string | undefined, organisation: Organisation = {}): Office {
  const path = db === undefined ? app.paths.authorityDatabase : resolve(app.io.cwd, db);
  const office = new Office({ path, now: () => app.now, timeout: app.timeout, organisation });
  app.atEnd(async () => office.close());
  return office;
}
