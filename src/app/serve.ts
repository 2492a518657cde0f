import type { Organisation } from '../authority/decision.ts';
import type { Secret } from '../base/secret.ts';
import type { LogFormat } from '../server/access-log.ts';
import type { Context } from './context.ts';
import { openAuthority } from './open-authority.ts';
import type { Serving } from './start-server.ts';
import { startServer } from './start-server.ts';

export interface ServeRequest
  extends Pick<Serving, 'host' | 'port' | 'tls' | 'behindProxy' | 'allowedHosts' | 'drainMs' | 'retention'> {
  /** The database file; undefined: that of the profile `local`. */
  db: string | undefined;
  organisation: Organisation;
  /** `keySource` names where the upstream's own key is read from. */
  upstream: { url: string; keySource: string | undefined } | undefined;
  logFormat: LogFormat | undefined;
}

/** Serves until the process is interrupted, then lets running calls finish. */
export async function serveAuthority(context: Context, request: ServeRequest): Promise<void> {
  const { db, organisation, logFormat, upstream, ...serving } = request;
  const authority = openAuthority(context, db, organisation);
  const key = await upstreamKey(context, upstream?.keySource);
  const format = logFormat ?? (context.isHumanOutput ? 'text' : 'json');
  const log = openLog(context);
  context.startMutation();
  const server = await startServer(context, authority, {
    ...serving,
    upstream: upstream && { url: upstream.url, ...(key && { key }) },
    ...(!context.globals.quiet && { log: { format, write: log.write } }),
  });
  log.write(listeningLine(format, server.url));
  await context.flush();
  await context.note(loginHint(context, server.url));
  await interrupted(context);
  await context.note('stopping: waiting for running calls to finish');
  await server.stop();
  await log.end();
}

/** Reads the upstream's key once, so that an unreadable source is reported before the server starts. */
async function upstreamKey(
  context: Context,
  source: string | undefined,
): Promise<(() => Promise<Secret>) | undefined> {
  if (source === undefined) return undefined;
  const readSecret = () => context.secretFrom(source);
  await readSecret();
  return readSecret;
}

/** The first line of the log, from which a supervisor learns the address. */
function listeningLine(format: LogFormat, url: string): string {
  return format === 'text'
    ? `listening on ${url}`
    : JSON.stringify({ time: new Date().toISOString(), event: 'listening', url });
}

function loginHint({ io }: Context, url: string): string {
  const prefix = io.stdout.isTTY ? '' : `listening on ${url}; `;
  return `${prefix}log in: keys session create --user <name> --secret-only | keys login --provider authority --url ${url}/admin --with-token`;
}

function interrupted({ io: { interrupt } }: Context): Promise<void> {
  return new Promise((resolve) => {
    if (interrupt.aborted) resolve();
    else interrupt.addEventListener('abort', () => resolve());
  });
}

/** Writes lines to stdout in batches. If stdout is closed, the server runs on without its log. */
function openLog({ io: { stdout } }: Context): { write: (line: string) => void; end: () => Promise<void> } {
  let pending = '';
  let writing: Promise<void> = Promise.resolve();
  const writePending = () => {
    const text = pending;
    pending = '';
    writing = writing.then(() => stdout.write(text)).catch(() => {});
  };
  return {
    write(line) {
      if (pending === '') setImmediate(writePending);
      pending += `${line}\n`;
    },
    async end() {
      if (pending !== '') writePending();
      await writing;
    },
  };
}
