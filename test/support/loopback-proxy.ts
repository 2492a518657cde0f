import type { RequestListener, Server } from 'node:http';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { connect } from 'node:net';
import { onTestFinished } from 'vitest';

export interface ProxyOptions {
  /** A status with which every CONNECT is answered instead. */
  refuseWith?: number;
  /** Milliseconds before a tunnel is made. */
  delay?: number;
  /** The port on loopback at which every tunnel ends, whatever was asked for. */
  port?: number;
  /** A key and a certificate (PEM), to be reached over TLS. */
  tls?: { key: string; cert: string };
}

/** An HTTP proxy on loopback that tunnels by CONNECT (RFC 9110 section 9.3.6), until the test ends. */
export class LoopbackProxy {
  /** The targets that were asked for, as `host:port`. */
  readonly tunnels: string[] = [];
  /** The Proxy-Authorization of each of them, decoded. */
  readonly credentials: (string | undefined)[] = [];
  readonly #server: Server;
  readonly #scheme: string;

  private constructor({ refuseWith, delay = 0, port: end, tls }: ProxyOptions) {
    const refuse: RequestListener = (_, response) => void response.writeHead(405).end();
    this.#server = tls ? createTlsServer(tls, refuse) : createServer(refuse);
    this.#scheme = tls ? 'https' : 'http';
    this.#server.on('connect', (request, socket: Socket) => {
      this.tunnels.push(request.url ?? '');
      const encoded = request.headers['proxy-authorization']?.replace('Basic ', '');
      this.credentials.push(encoded && Buffer.from(encoded, 'base64').toString());
      socket.on('error', () => {});
      if (refuseWith) return void socket.end(`HTTP/1.1 ${refuseWith} Refused\r\n\r\n`);
      const { hostname, port } = new URL(`http://${request.url}`);
      setTimeout(() => {
        const target = connect(end ?? Number(port), end === undefined ? hostname : '127.0.0.1', () => {
          socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
          socket.pipe(target).pipe(socket);
        });
        target.on('error', () => socket.destroy());
        socket.on('close', () => target.destroy());
      }, delay);
    });
  }

  static async start(options: ProxyOptions = {}): Promise<LoopbackProxy> {
    const proxy = new LoopbackProxy(options);
    await new Promise<void>((done) => proxy.#server.listen(0, '127.0.0.1', done));
    onTestFinished(async () => {
      proxy.#server.closeAllConnections();
      await new Promise((done) => proxy.#server.close(done));
    });
    return proxy;
  }

  get url(): string {
    return `${this.#scheme}://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }
}
