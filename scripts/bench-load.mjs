// Load on a server, in a process of its own: node scripts/bench-load.mjs URL AUTHORIZATION CONNECTIONS seconds|requests AMOUNT
// Prints JSON: requests per second, requests in all, the 99th percentile of the delays in milliseconds, and failures.
import autocannon from 'autocannon';

const [url, authorization, connections, unit, amount] = process.argv.slice(2);
const limit = unit === 'requests' ? { amount: Number(amount) } : { duration: Number(amount) };
const load = autocannon({ url, connections: Number(connections), headers: { authorization }, ...limit });
// autocannon's own percentiles are in whole milliseconds, which is as long as most requests take.
const delays = [];
load.on('response', (_client, _status, _bytes, ms) => delays.push(ms));
const { requests, errors, '5xx': failures } = await load;
const sorted = Float64Array.from(delays).sort();
const p99 = sorted[Math.floor(sorted.length * 0.99)];
console.log(
  JSON.stringify({ rate: requests.average, total: requests.total, p99, failures: errors + failures }),
);
