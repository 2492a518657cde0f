import { version } from '../../package.json';
import type { AuthorityService } from '../authority/service.ts';
import { KeysError, systemCode, usageError } from '../base/errors.ts';
import { visible } from '../base/sanitise.ts';
import type { Secret } from '../base/secret.ts';
import { Prices } from '../gateway/prices.ts';
import type { Upstream } from '../gateway/types.ts';
import { threadProgram } from '../platform/child-entry.ts';
import { isLoopbackHost } from '../platform/loopback.ts';
import { signalOf } from '../platform/stop-signal.ts';
import type { WorkerLink } from '../platform/workers/worker-link.ts';
import type { LogFormat } from '../server/access-log.ts';
import { logText } from '../server/log-text.ts';
import type { Server } from '../server/server.ts';
import { createServer } from '../server/server.ts';
import type { Context } from './context.ts';
import type { FreshFiles } from './fresh-files.ts';
import { keepFresh, readOnRequest } from './fresh-files.ts';
import type { TlsFiles } from './tls-files.ts';
import { readTls } from './tls-files.ts';

export interface Serving {
  host: string;
  port: number;
  tls?: TlsFiles | undefined;
  behindProxy: boolean;
  allowedHosts: readonly string[];
  upstream?: { url: string; key?: () => Promise<Secret>; pricesFile?: string | undefined } | undefined;
  log?: { format: LogFormat; write: (line: string) => void };
  /** How long to keep listening after a request to stop. */
  drainMs: number;
  /** How long the log of uses keeps its rows; absent: unchanged. */
  retention?: string | undefined;
  /** Set in a worker. */
  link?: WorkerLink | undefined;
}

export interface Running {
  /** As a client writes it. */
  url: string;
  /** Rejects with `KeysError` if the server cannot be kept running. */
  ended?: Promise<void>;
  stop(): Promise<void>;
}

/** How long running calls may take to end when the server stops. */
export const shutdownMs = 30_000;

/** Without a byte from the upstream: a model may think for a long time before it answers. */
const upstreamIdleMs = 600_000;

/** For a whole response of the upstream: one that never ends would hold its connections forever. */
const upstreamTotalMs = 3_600_000;

/** Starts the server. Throws `KeysError` if it cannot listen, or an option cannot be used. */
export async function startServer(
  context: Context,
  authority: AuthorityService,
  serving: Serving,
): Promise<Running> {
  const { host, port, behindProxy, drainMs, log, link } = serving;
  const tls = serving.tls && (await readTls(context, serving.tls));
  const prices = serving.upstream?.pricesFile === undefined ? undefined : new Prices();
  const upstream = serving.upstream && (await connect(context, serving.upstream, prices));
  const priceFiles = priceFilesOf(context, serving, prices);
  for (const { read } of priceFiles) await read();
  await prepareDatabase(authority, serving);
  const server = await createServer({
    authority,
    version,
    now: () => context.now,
    threadProgram: threadProgram('server-thread'),
    prunes: link === undefined || link.number === 1,
    ...(link && { worker: link }),
    behindProxy,
    // A server that is reachable from other machines has names that only its operator knows.
    allowedHosts:
      isLoopbackHost(host) || serving.allowedHosts.length > 0 ? [host, ...serving.allowedHosts] : undefined,
    ...(tls && { tls }),
    ...(upstream && { upstream }),
    ...(log && { log }),
    onUnpriced: unpricedWarning(context),
    onLoss: ({ use, reason }) =>
      void context.warn(`a use of the key ${use.keyId} was not metered: ${visible(messageOf(reason))}`),
    onBug: (error) => void context.warn(`a request failed unexpectedly: ${stackOf(error)}`),
    onUnavailable: unavailableWarning(context),
  });
  const address = await listen(server, host, port);
  const files = [...priceFiles, ...tlsFilesOf(context, serving, server)];
  const stopReading = link ? readOnRequest(context, files, link) : keepFresh(context, files);
  link?.answerCounts(() => server.counts());
  const name = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return {
    url: `${tls ? 'https' : 'http'}://${name}:${address.port}`,
    async stop() {
      stopReading();
      const urgent = AbortSignal.any([signalOf(context.io.urgent), ...(link ? [link.urgent] : [])]);
      await server.stop(shutdownMs, { drainMs, urgent });
    },
  };
}

async function connect(
  context: Context,
  { url, key }: NonNullable<Serving['upstream']>,
  prices?: Prices,
): Promise<Upstream> {
  if (!URL.canParse(url)) throw usageError('--upstream is not a URL', 'keys help serve');
  const { openUpstream } = await import('../gateway/upstream.ts');
  return openUpstream({
    url: new URL(url),
    ...(key && { key }),
    prices,
    env: context.io.env,
    timeouts: { connectMs: context.timeout, idleMs: upstreamIdleMs, totalMs: upstreamTotalMs },
  });
}

/** Models whose lack of a price is reported. */
const maxUnpricedModels = 100;

/** Warns once of each model. */
function unpricedWarning(context: Context): (model: string | undefined) => void {
  const reported = new Set<string>();
  return (model) => {
    const name = model === undefined ? 'a call that names no model' : `the model ${logText(model)}`;
    if (reported.has(name) || reported.size >= maxUnpricedModels) return;
    reported.add(name);
    void context.warn(`${name} has no price in the file of --prices, and counts without a cost`);
  };
}

/** Between warnings of the same cause, which each request would repeat. */
const repeatMs = 60_000;

/** Warns why the database cannot be used. */
function unavailableWarning(context: Context): (error: KeysError) => void {
  const reported = new Set<string>();
  let since = 0;
  return ({ message }) => {
    const now = context.now.getTime();
    if (now - since >= repeatMs) reported.clear();
    if (reported.size === 0) since = now;
    if (reported.has(message)) return;
    reported.add(message);
    void context.warn(visible(message));
  };
}

/** Creates and migrates the tables. Throws `KeysError`. */
export async function prepareDatabase(authority: AuthorityService, { retention }: Serving): Promise<void> {
  await authority.open();
  if (retention !== undefined) await authority.setLogRetention(retention);
}

/** Reads everything that the server needs besides its database. Throws `KeysError`. Returns what can be read again. */
export async function checkServing(context: Context, serving: Serving): Promise<FreshFiles[]> {
  const upstream = serving.upstream && (await connect(context, serving.upstream));
  await upstream?.close();
  const files = [...priceFilesOf(context, serving), ...tlsFilesOf(context, serving)];
  for (const { read } of files) await read();
  return files;
}

/** Without prices in use, reading only checks the file. */
function priceFilesOf(context: Context, { upstream }: Serving, prices?: Prices): FreshFiles[] {
  const file = upstream?.pricesFile;
  if (file === undefined) return [];
  const read = async () => {
    const { readPrices } = await import('./read-prices.ts');
    const table = readPrices(context, file);
    prices?.replace(table);
  };
  return [{ what: 'the price table', paths: [file], read }];
}

/** Without a server, reading only checks them. */
function tlsFilesOf(context: Context, { tls }: Serving, server?: Server): FreshFiles[] {
  if (!tls) return [];
  const read = async () => {
    const pair = await readTls(context, tls);
    server?.renewTls(pair);
  };
  return [{ what: 'the certificate', paths: [tls.cert, tls.key], read }];
}

async function listen(server: Server, host: string, port: number) {
  try {
    return await server.listen(host, port);
  } catch (error) {
    throw notListening(host, port, error);
  }
}

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is in use',
  EACCES: 'only root may use this port',
  EADDRNOTAVAIL: 'this machine does not have that address',
  ENOTFOUND: 'there is no host with that name',
};

function notListening(host: string, port: number, error: unknown): KeysError {
  const code = systemCode(error) ?? '';
  return new KeysError({
    code: code === 'EADDRINUSE' ? 'port_taken' : 'not_listening',
    message: `cannot listen on ${host}:${port}: ${reasons[code] ?? (code || 'unknown error')}`,
    hints: ['keys serve --port 0 uses any free port'],
    cause: error,
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
