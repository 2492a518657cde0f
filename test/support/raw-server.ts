import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { createServer } from 'node:net';
import { onTestFinished } from 'vitest';

export interface RawServer {
  origin: string;
  /** Every connection that was made, in order. */
  connections: Socket[];
}

/** A server on a host of this machine that answers each piece of a request with raw bytes, until the test ends. */
export async function rawServer(
  answer: (socket: Socket, piece: string) => void,
  host = '127.0.0.1',
): Promise<RawServer> {
  const connections: Socket[] = [];
  const server = createServer((socket) => {
    connections.push(socket);
    socket.on('error', () => {}).on('data', (piece) => answer(socket, piece.toString()));
  }).listen(0, host);
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of connections) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { origin: `http://${host.includes(':') ? `[${host}]` : host}:${port}`, connections };
}
