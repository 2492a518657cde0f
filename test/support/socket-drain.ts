import type { Socket } from 'node:net';

/** Resolves when a socket accepts more data, or has ended. */
export function socketDrain(socket: Socket): Promise<void> {
  return new Promise((done) => {
    const end = () => {
      socket.off('drain', end).off('close', end);
      done();
    };
    socket.on('drain', end).on('close', end);
  });
}
