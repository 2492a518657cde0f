// A client of `bench-delay.mjs`, in a process of its own.
// `probe <url> <authorization> <seconds>` sends steady requests and prints each delay in milliseconds; `ask <authorization> <urls>…`
// asks one question after the other, until its input ends.
import { connect } from 'node:net';

const connections = 4;
const pauseMs = 4;

const [mode, ...args] = process.argv.slice(2);
if (mode === 'probe') console.log(JSON.stringify(await probe(...args)));
else await ask(...args);

/** Delays are those from writing a request to reading its answer, which has no body. */
async function probe(url, authorization, seconds) {
  const { hostname, port, host, pathname } = new URL(url);
  const request = `GET ${pathname} HTTP/1.1\r\nhost: ${host}\r\nauthorization: ${authorization}\r\n\r\n`;
  const delays = [];
  const end = performance.now() + Number(seconds) * 1000;
  const keepAsking = (resolve, reject) => {
    const socket = connect({ port: Number(port), host: hostname, noDelay: true });
    let sent;
    const send = () => {
      sent = performance.now();
      socket.write(request);
    };
    let answer = '';
    socket.on('connect', send).on('error', reject);
    socket.on('data', (bytes) => {
      answer += bytes;
      if (!answer.endsWith('\r\n\r\n')) return;
      if (!answer.startsWith('HTTP/1.1 200 ')) return reject(new Error(answer));
      answer = '';
      delays.push(performance.now() - sent);
      if (performance.now() < end) setTimeout(send, pauseMs);
      else resolve(socket.destroy());
    });
  };
  await Promise.all(Array.from({ length: connections }, () => new Promise(keepAsking)));
  return delays;
}

/** Two questions at a time. */
async function ask(authorization, ...urls) {
  process.stdin.resume().on('end', () => process.exit());
  console.log('asking');
  const keepAsking = async (start) => {
    for (let at = start; ; at++) {
      const response = await fetch(urls[at % urls.length], { headers: { authorization } });
      if (!response.ok) throw new Error(`${response.status} at ${response.url}`);
      for await (const _ of response.body);
    }
  };
  await Promise.all([keepAsking(0), keepAsking(Math.floor(urls.length / 2))]);
}
