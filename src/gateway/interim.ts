import type { buildConnector } from 'undici';

export type Connector = buildConnector.connector;
type Socket = { read(size?: number): Buffer | null; write: (...args: never[]) => boolean };

/**
 * A connector whose connections accept an unexpected `100 Continue`, which a server may send at any time (RFC 9110
 * section 15.2.1). undici would close the connection. It accepts every other interim response, so a 100 is read as 102.
 */
export function tolerateInterim(connect: Connector): Connector {
  return (options, callback) =>
    connect(options, (...result) => {
      const [error, socket] = result;
      if (error === null && socket) passInterim(socket as unknown as Socket);
      callback(...result);
    });
}

function passInterim(socket: Socket): void {
  // After a request comes the head of a response, until a final one arrives.
  let isHeadNext = true;
  const { read, write } = socket;
  socket.write = (...args) => {
    isHeadNext = true;
    return write.apply(socket, args);
  };
  socket.read = (size) => {
    const chunk = read.call(socket, size);
    if (chunk && isHeadNext) isHeadNext = rewriteInterim(chunk);
    return chunk;
  };
}

const statusAt = 'HTTP/1.1 '.length;

/** Rewrites each 100 at the start of a chunk. Returns whether the head of a response is still to come. */
export function rewriteInterim(chunk: Buffer): boolean {
  for (let at = 0; at >= 0 && at < chunk.length; ) {
    const line = chunk.toString('latin1', at, at + statusAt + 3);
    if (!/^HTTP\/1\.[01] 1\d\d$/.test(line)) return !/^HTTP\/1\.[01] [2-5]/.test(line);
    if (line.endsWith('100')) chunk.write('102', at + statusAt, 'latin1');
    const end = chunk.indexOf('\r\n\r\n', at);
    at = end < 0 ? -1 : end + 4;
  }
  return true;
}
