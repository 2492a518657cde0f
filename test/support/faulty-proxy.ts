import { once } from 'node:events';
import type { AddressInfo, Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';

/** `silent`: nothing passes, and connections stay open. `refuse`: new connections are closed at once. */
export type Fault = 'none' | 'silent' | 'refuse';

/** A proxy on TCP whose connections a test can break, until the test ends. */
export class FaultyProxy {
  fault: Fault = 'none';
  /** How long each piece waits before it passes. */
  delayMs = 0;
  /** Asked with each piece that comes from the server, and from the client: whether to cut the connection instead. */
  cutsBefore: (piece: Buffer, from: 'client' | 'server') => boolean = () => false;
  /** Changes each piece that comes from the server. */
  rewrite: (piece: Buffer) => Buffer = (piece) => piece;
  /** Connections that this is true of pass nothing, by what the client has sent so far. */
  isSilenced: (sent: string) => boolean = () => false;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(target: number) {
    this.#server = createServer((client) => this.#serve(client, target));
  }

  /** Before a port of this machine. */
  static async start(target: number): Promise<FaultyProxy> {
    const proxy = new FaultyProxy(target);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    onTestFinished(() => {
      proxy.#server.close();
      proxy.cut();
    });
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Cuts all connections. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #serve(client: Socket, target: number): void {
    if (this.fault === 'refuse') {
      client.destroy();
      return;
    }
    const server = connect(target, '127.0.0.1');
    let sent = '';
    const end = () => {
      client.destroy();
      server.destroy();
    };
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', end).on('close', () => {
        this.#sockets.delete(socket);
        end();
      });
    }
    const pass = async (piece: Buffer, from: 'client' | 'server') => {
      if (from === 'client') sent += piece.toString('latin1');
      if (this.cutsBefore(piece, from)) return end();
      if (this.delayMs > 0) await sleep(this.delayMs);
      while (this.fault === 'silent' || this.isSilenced(sent)) {
        if (client.destroyed) return;
        await sleep(5);
      }
      if (from === 'client') server.write(piece);
      else client.write(this.rewrite(piece));
    };
    // One piece after the other.
    let [fromClient, fromServer] = [Promise.resolve(), Promise.resolve()];
    client.on('data', (piece: Buffer) => {
      fromClient = fromClient.then(() => pass(piece, 'client'));
    });
    server.on('data', (piece: Buffer) => {
      fromServer = fromServer.then(() => pass(piece, 'server'));
    });
  }
}
