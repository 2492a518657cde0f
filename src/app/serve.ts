import type { Organisation } from '../authority/decision.ts';
import { KeysError } from '../base/errors.ts';
import type { Secret } from '../base/secret.ts';
import { whenAborted } from '../platform/stop-signal.ts';
import type { WorkerLink } from '../platform/workers/worker-link.ts';
import { workerLink } from '../platform/workers/worker-link.ts';
import type { LogFormat } from '../server/access-log.ts';
import type { Context } from './context.ts';
import { openAuthority } from './open-authority.ts';
import type { Serving } from './start-server.ts';
import { startServer } from './start-server.ts';
import { startWorkers } from './start-workers.ts';

export interface ServeRequest
  extends Pick<Serving, 'host' | 'port' | 'tls' | 'behindProxy' | 'allowedHosts' | 'drainMs' | 'retention'> {
  /** The database file; undefined: that of the profile `local`. */
  db: string | undefined;
  organisation: Organisation;
  /** `keySource` names where the upstream's own key is read from. */
  upstream: { url: string; keySource: string | undefined; pricesFile: string | undefined } | undefined;
  logFormat: LogFormat | undefined;
  /** How many processes serve. */
  workers: number;
}

/** Serves until the process is interrupted, then lets running calls finish. */
export async function serveAuthority(context: Context, request: ServeRequest): Promise<void> {
  const link = workerLink();
  try {
    await serve(context, request, link);
  } catch (error) {
    if (!link || !(error instanceof KeysError)) throw error;
    link.failed(error.failure);
  } finally {
    link?.end();
  }
}

async function serve(context: Context, request: ServeRequest, link: WorkerLink | undefined): Promise<void> {
  const { db, organisation, logFormat, upstream, workers, ...flags } = request;
  const authority = await openAuthority(context, db, organisation);
  const key = await upstreamKey(context, upstream?.keySource);
  const format = logFormat ?? (context.isHumanOutput ? 'text' : 'json');
  const log = openLog(context, link ? maxPieceBytes : Number.POSITIVE_INFINITY);
  context.startMutation();
  const serving: Serving = {
    ...flags,
    link,
    upstream: upstream && { url: upstream.url, pricesFile: upstream.pricesFile, ...(key && { key }) },
    ...(!context.globals.quiet && { log: { format, write: log.write } }),
  };
  const isSupervisor = workers > 1 && !link;
  const server = isSupervisor
    ? await startWorkers(context, authority, serving, workers)
    : await startServer(context, authority, serving);
  if (link) link.ready(server.url);
  else {
    log.write(listeningLine(format, server.url, workers));
    await context.flush();
    await context.note(loginHint(context, server.url));
  }
  await Promise.race([stopRequest(context, link), ...(server.ended ? [server.ended] : [])]);
  if (!link) await context.note('stopping: waiting for running calls to finish');
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
function listeningLine(format: LogFormat, url: string, workers: number): string {
  const several = workers > 1;
  return format === 'text'
    ? `listening on ${url}${several ? ` with ${workers} workers` : ''}`
    : JSON.stringify({
        time: new Date().toISOString(),
        event: 'listening',
        url,
        ...(several && { workers }),
      });
}

function loginHint({ io }: Context, url: string): string {
  const prefix = io.stdout.isTTY ? '' : `listening on ${url}; `;
  return `${prefix}log in: keys session create --user <name> --secret-only | keys login --provider authority --url ${url}/admin --with-token`;
}

function stopRequest({ io: { interrupt } }: Context, link: WorkerLink | undefined): Promise<void> {
  return new Promise((resolve) => {
    for (const request of [interrupt, ...(link ? [link.stop] : [])]) whenAborted(request, resolve);
  });
}

/** A pipe takes this many bytes as a whole, whatever others write to it (PIPE_BUF on Linux; pipe(7)). */
const maxPieceBytes = 4096;

/**
 * Writes lines to stdout in batches of up to `maxBytes`, unless a single line is longer. If stdout is closed, the server runs
 * on without its log.
 */
function openLog(
  { io: { stdout } }: Context,
  maxBytes: number,
): { write: (line: string) => void; end: () => Promise<void> } {
  let pending: string[] = [];
  let writing: Promise<void> = Promise.resolve();
  const writePending = () => {
    const pieces = piecesOf(pending, maxBytes);
    pending = [];
    for (const piece of pieces) writing = writing.then(() => stdout.write(piece)).catch(() => {});
  };
  return {
    write(line) {
      if (pending.length === 0) setImmediate(writePending);
      pending.push(`${line}\n`);
    },
    async end() {
      if (pending.length > 0) writePending();
      await writing;
    },
  };
}

function piecesOf(lines: readonly string[], maxBytes: number): string[] {
  if (maxBytes === Number.POSITIVE_INFINITY) return [lines.join('')];
  const pieces: string[] = [];
  let [piece, size] = ['', 0];
  for (const line of lines) {
    const length = Buffer.byteLength(line);
    if (size > 0 && size + length > maxBytes) {
      pieces.push(piece);
      [piece, size] = ['', 0];
    }
    piece += line;
    size += length;
  }
  return [...pieces, piece];
}
