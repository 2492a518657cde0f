import type { ClientRequestArgs } from 'node:http';
import { Agent } from 'node:http';
import type { Socket } from 'node:net';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { monotonicMs } from '../platform/monotonic.ts';
import type { StopSignal } from '../platform/stop-signal.ts';
import { StopController, signalOf } from '../platform/stop-signal.ts';
import { EarlyConnection } from './early-connection.ts';

/**
 * Connections to one origin, kept open between requests. Nothing of a request is written to a connection that is not
 * established, with TLS and through the proxy: until its request has a `socket` event, nothing has been sent.
 */
export interface Connections {
  readonly agent: Agent;
  /** Opens a connection for the next request, unless that would go through a proxy, which may ask for a password. */
  openEarly(): void;
  /**
   * Gives the event loop a chance to notice kept connections that the server has closed, so that none of them is used.
   * Undefined if the next one to be used needs no such chance: it is used at once, or another request may take it.
   */
  settle(): Promise<void> | undefined;
  /** Ends all connections, including those still being opened. No other is opened afterwards. */
  close(): void;
}

export interface ConnectionRequest extends ClientRequestArgs {
  /** Aborts when the request no longer needs the connection that is being opened for it. */
  abandoned?: StopSignal;
}

/** Milliseconds that an unused connection is kept, less if the server announces so. Servers begin to end it after 5 s. */
const keptMs = 4000;

/**
 * A connection that was used less than these milliseconds ago is not yet one that servers end for being idle. If the event
 * loop has looked for closed ones just now, it need not look again: a fleet would spend a third of its calls on that.
 */
const [recentMs, noticedMs] = [500, 20];

/** The connections to an origin. TLS and the way through a proxy are loaded only where they are used. */
export async function openConnections(origin: URL, proxy: URL | undefined): Promise<Connections> {
  const options = { keepAlive: true, timeout: keptMs };
  const isSecure = origin.protocol === 'https:';
  const agent = isSecure ? (await import('./secure-agent.ts')).secureAgent(options) : new Agent(options);
  const tunnel = proxy && (await import('./proxy-tunnel.ts')).tunnelThrough(proxy, origin);
  const openings = new Set<StopController>();
  let isClosed = false;

  const connect = agent.createConnection.bind(agent) as (options: object) => Socket;
  agent.createConnection = (options, done) => {
    openOrTake(options).then(
      (socket) => done?.(null, socket),
      (error: Error) => (done as (error: Error) => void)(error),
    );
    return undefined;
  };

  let early: EarlyConnection | undefined;

  async function openOrTake(options: ConnectionRequest): Promise<Socket> {
    const taken = early;
    early = undefined;
    const socket = await taken?.take(options.abandoned);
    if (isClosed) socket?.destroy();
    return socket && !isClosed ? socket : open(options);
  }

  async function open({ abandoned, ...options }: ConnectionRequest): Promise<Socket> {
    const opening = new StopController();
    const abandon = () => opening.abort();
    if (isClosed || abandoned?.aborted) abandon();
    openings.add(opening);
    abandoned?.addEventListener('abort', abandon);
    try {
      const carrier = await tunnel?.(signalOf(opening));
      if (opening.aborted) throw abandonment();
      if (carrier && !isSecure) return carrier;
      return await established(connect({ ...options, ...(carrier && { socket: carrier }) }), opening);
    } finally {
      openings.delete(opening);
      abandoned?.removeEventListener('abort', abandon);
    }
  }

  async function established(socket: Socket, signal: StopSignal): Promise<Socket> {
    // Its requests report errors; one that none of them waits for has no consequence.
    socket.on('error', () => {});
    try {
      await eventOf(socket, isSecure ? 'secureConnect' : 'connect', signal);
      return socket;
    } catch (error) {
      socket.destroy();
      throw error;
    }
  }

  let noticedAt = Number.NEGATIVE_INFINITY;
  const notice = async () => {
    await twoTurns();
    noticedAt = monotonicMs();
  };

  // A connection is offered to the next request once the event loop has had a chance to notice what follows a reply.
  const watched = new Set<Socket>();
  const usedAt = new WeakMap<Socket, number>();
  const [offer] = agent.listeners('free') as ((socket: Socket, options: object) => void)[];
  agent.removeAllListeners('free').on('free', async (socket: Socket, options: object) => {
    watch(socket);
    watched.add(socket);
    usedAt.set(socket, monotonicMs());
    await notice();
    watched.delete(socket);
    offer?.call(agent, socket, options);
  });
  const reuse = agent.reuseSocket.bind(agent);
  agent.reuseSocket = (socket, request) => {
    unwatch(socket);
    reuse(socket, request);
  };

  return {
    agent,
    openEarly() {
      if (tunnel || isClosed || early) return;
      const openSocket = (abandoned: StopSignal) => open({ ...socketOptions(agent, origin), abandoned });
      early = new EarlyConnection({ open: openSocket, watch, unwatch, settle: notice });
    },
    settle() {
      // The agent takes the one that was used last.
      const next = Object.values(agent.freeSockets)[0]?.at(-1);
      const now = monotonicMs();
      const isRecent = next !== undefined && now - (usedAt.get(next) ?? 0) < recentMs;
      if (isRecent && now - noticedAt < noticedMs) return undefined;
      return next || watched.size > 0 ? notice() : undefined;
    },
    close() {
      isClosed = true;
      for (const opening of openings) opening.abort();
      early?.close();
      // A process that ends now closes them itself; otherwise they are not used until then.
      setImmediate(() => agent.destroy());
    },
  };
}

/** Rejects if the socket fails or the signal aborts first. `once` of Node.js takes an AbortSignal, which takes long to make. */
function eventOf(socket: Socket, event: string, signal: StopSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => settle(() => reject(abandonment()));
    const onError = (error: Error) => settle(() => reject(error));
    const onEvent = () => settle(resolve);
    const settle = (then: () => void) => {
      socket.off(event, onEvent).off('error', onError);
      signal.removeEventListener('abort', onAbort);
      then();
    };
    socket.on(event, onEvent).on('error', onError);
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
  });
}

function abandonment(): Error {
  return new Error('the connection is no longer needed');
}

/** What an agent passes for a new socket, before there is a request. */
function socketOptions(agent: Agent, origin: URL): ConnectionRequest {
  const { options, keepAliveMsecs, defaultPort } = agent as Agent & AgentInternals;
  const host = hostOf(origin);
  const socket = {
    ...options,
    host,
    port: origin.port || defaultPort,
    servername: isIP(host) ? '' : host,
    keepAlive: true,
    keepAliveInitialDelay: keepAliveMsecs,
    encoding: null,
  };
  // Under this name, TLS keeps the session for further connections.
  return Object.assign(socket, { _agentKey: agent.getName(socket) });
}

/** Documented for agents of one's own. */
interface AgentInternals {
  options: object;
  keepAliveMsecs: number;
  defaultPort: number;
}

/** Without the brackets of an IPv6 address. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '');
}

/** The first turn may continue after the system was asked for events; the second asks again. */
function twoTurns(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
}

/** Until `unwatch`, a socket is destroyed if anything arrives, or if it is not used for `keptMs`, its own timeout. */
function watch(socket: Duplex): void {
  for (const event of unusable) socket.on(event, destroyThis);
}

function unwatch(socket: Duplex): void {
  for (const event of unusable) socket.off(event, destroyThis);
}

const unusable = ['data', 'end', 'timeout'];

/** What a server sends without being asked is no response to the next request. */
function destroyThis(this: Pick<Socket, 'destroy'>): void {
  this.destroy();
}
