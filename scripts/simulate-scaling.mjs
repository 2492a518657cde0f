// `npm run simulate:scaling [-- --write]`: what several servers on one PostgreSQL make of one key with a rate limit, as a simulation
// of discrete events: batches, round trips, the lock on the key's row, and leases. The tables of `docs/scaling.md` come from here;
// `--write` puts them there. The random numbers are the same in each run.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cellsOf } from './bench-table.mjs';
import { randomOf } from './random.mjs';

/** What goes in. The first block is measured, the second one is how `src/authority/postgres` works, the third is chosen. */
export const parameters = {
  /** Processor time of one use in the server, in ms: bench/results.json, Verifications, /v1/authorize. */
  useMs: 0.02,
  /** How long one call of `reserve_slots` holds the row of a key, in ms: until its commit is on disk. */
  lockMs: 2.6,
  /** Processor time of the database for that, in ms. */
  databaseMs: 0.65,
  /** Processor time of the database to record one use, in ms: `record_uses` with 100 different ones. */
  recordMs: 0.028,

  windowMs: 60_000,
  /** A lease holds this part of the limit at most, and not of the last tenth. */
  leaseShare: 1 / 100,
  leasablePart: 9 / 10,
  maxLease: 1000,
  leaseMs: 1000,
  /** A key leases slots if it was asked for this short a time ago, as many as the server used in the last `aheadMs`. */
  busyMs: 250,
  aheadMs: 250,
  maxBatch: 64,

  simulatedMs: 150_000,
  seed: 16,
};

const p = parameters;

/** Its random numbers are always the same, so each scenario runs once. */
const results = new Map();

/**
 * Runs `servers` that share a key with a limit per minute. `demand`: uses that callers try, as a multiple of the limit; `shares`:
 * the part of them at each server; `isWhole`: each lease has the largest size. Times are in ms.
 */
export function simulate({ what: _, ...scenario }) {
  const id = JSON.stringify(scenario);
  const result = results.get(id) ?? run(scenario);
  results.set(id, result);
  return result;
}

function run({
  servers,
  limit,
  demand,
  roundTripMs,
  hasLeases = true,
  isWhole = false,
  isStorming = false,
  shares,
}) {
  const random = randomOf(p.seed);
  const queue = new EventQueue();
  const row = new SlotRow(limit);
  const rates = (shares ?? Array(servers).fill(1 / servers)).map(
    (share) => (share * demand * limit) / p.windowMs,
  );
  const nodes = rates.map(
    (rate) => new Server({ queue, row, limit, roundTripMs, hasLeases, isWhole, isStorming, rate }),
  );
  for (const node of nodes) node.start(random);
  queue.runUntil(p.simulatedMs);
  const tried = sum(nodes.map((node) => node.tried));
  const admitted = sum(nodes.map((node) => node.admissions.length));
  const shareOf = (node) => node.admissions.length / node.tried;
  return {
    tried,
    admitted,
    /** The most uses in any minute; never more than the limit. */
    most: mostInWindow(nodes.flatMap((node) => node.admissions)),
    tripsPerUse: sum(nodes.map((node) => node.trips)) / tried,
    tripsPerSecond: (sum(nodes.map((node) => node.trips)) / p.simulatedMs) * 1000,
    /** Of what the limit allows. */
    unused: row.unused / ((limit * p.simulatedMs) / p.windowMs),
    waits: quantiles(nodes.flatMap((node) => node.waits)),
    /** Admitted parts of what was tried at the server that fared worst and at the one that fared best. */
    fairness: Math.min(...nodes.map(shareOf)) / Math.max(...nodes.map(shareOf)),
  };
}

/** The row of a key in the database, as `reserve_slots` treats it. One batch at a time holds its lock. */
class SlotRow {
  unused = 0;
  #limit;
  #slots = [];
  #first = 0;
  #taken = 0;
  #freeAt = 0;

  constructor(limit) {
    this.#limit = limit;
  }

  /** When a batch that arrives now has the lock; a refusal takes none. */
  lockAt(now, wanted) {
    if (wanted > 0 && this.#before(now) >= this.#limit) return now;
    this.#freeAt = Math.max(now, this.#freeAt) + p.lockMs;
    return this.#freeAt;
  }

  reserve(now, wanted, extra) {
    const before = this.#before(now);
    const granted = Math.min(wanted, Math.max(0, this.#limit - before));
    const leasable = Math.floor(this.#limit * p.leasablePart) - before - granted;
    const leased = granted === wanted ? Math.min(extra, Math.max(0, leasable)) : 0;
    this.#take(now, granted);
    // A leased slot counts from the end of its lease, whenever it is used.
    this.#take(now + p.leaseMs, leased);
    return { granted, leased };
  }

  #take(at, count) {
    if (count === 0) return;
    this.#slots.push({ at, count });
    this.#taken += count;
  }

  /** Slots of leases lie ahead of others, so the order is only about that of time. */
  #before(now) {
    while (this.#first < this.#slots.length && this.#slots[this.#first].at <= now - p.windowMs) {
      this.#taken -= this.#slots[this.#first].count;
      this.#first += 1;
    }
    return this.#taken;
  }
}

class Server {
  tried = 0;
  trips = 0;
  admissions = [];
  waits = [];
  #options;
  #waiting = [];
  #isTurnPlanned = false;
  #left = 0;
  #until = 0;
  #lastAsked = Number.NEGATIVE_INFINITY;
  #isAsking = false;
  #queued = [];
  #demand = 0;
  #countedAt = 0;

  constructor(options) {
    this.#options = options;
  }

  start(random) {
    const { queue, rate } = this.#options;
    const arrive = () => {
      this.tried += 1;
      this.#waiting.push(queue.now);
      this.#planTurn();
      queue.at(queue.now - Math.log(1 - random()) / rate, arrive);
    };
    queue.at(-Math.log(1 - random()) / rate, arrive);
  }

  /** What arrives while the server is busy with one turn is decided in the next. */
  #planTurn() {
    if (this.#isTurnPlanned) return;
    this.#isTurnPlanned = true;
    const { queue } = this.#options;
    queue.at(queue.now + p.useMs * Math.max(1, this.#waiting.length), () => {
      this.#isTurnPlanned = false;
      this.#decide(this.#waiting.splice(0, p.maxBatch));
      if (this.#waiting.length > 0) this.#planTurn();
    });
  }

  #decide(batch) {
    const { now } = this.#options.queue;
    this.#demand = this.#demand * Math.exp((this.#countedAt - now) / p.aheadMs) + batch.length;
    this.#countedAt = now;
    this.#grant(batch);
  }

  /** What is leased, and a round trip for the rest. */
  #grant(batch) {
    const { now } = this.#options.queue;
    if (now >= this.#until) this.#expire();
    while (this.#left > 0 && batch.length > 0) {
      this.#left -= 1;
      this.#admit(batch.shift());
    }
    if (batch.length === 0) return;
    // One round trip at a time: what needs slots meanwhile asks together after it.
    if (this.#isAsking && !this.#options.isStorming) this.#queued.push(...batch);
    else this.#ask(batch);
  }

  #ask(batch) {
    const { queue, row, roundTripMs } = this.#options;
    const now = queue.now;
    const extra = this.#extra(now);
    this.trips += 1;
    queue.at(now + roundTripMs / 2, () => {
      queue.at(row.lockAt(queue.now, batch.length), () => {
        const { granted, leased } = row.reserve(queue.now, batch.length, extra);
        queue.at(queue.now + roundTripMs / 2, () => this.#take(batch, granted, leased, now));
      });
    });
  }

  #extra(now) {
    const { limit, hasLeases, isWhole } = this.#options;
    const most = Math.min(p.maxLease, Math.floor(limit * p.leaseShare));
    const size = isWhole ? most : Math.min(most, Math.floor(this.#demand));
    const isBusy = now - this.#lastAsked < p.busyMs && !this.#isAsking;
    this.#lastAsked = now;
    this.#isAsking = true;
    return hasLeases && isBusy && size > 1 ? size : 0;
  }

  #take(batch, granted, leased, sentAt) {
    this.#isAsking = false;
    for (const arrival of batch.slice(0, granted)) this.#admit(arrival);
    for (const arrival of batch.slice(granted)) this.waits.push(this.#options.queue.now - arrival);
    if (leased > 0) {
      this.#expire();
      this.#left = leased;
      this.#until = sentAt + p.leaseMs;
    }
    const queued = this.#queued.splice(0);
    if (queued.length > 0) this.#grant(queued);
  }

  #admit(arrival) {
    const { now } = this.#options.queue;
    this.admissions.push(now);
    this.waits.push(now - arrival);
  }

  #expire() {
    this.#options.row.unused += this.#left;
    this.#left = 0;
  }
}

/** Calls back in the order of time: a binary heap. */
class EventQueue {
  now = 0;
  #heap = [];

  at(time, act) {
    const heap = this.#heap;
    let index = heap.push({ time, act }) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (heap[parent].time <= heap[index].time) break;
      [heap[parent], heap[index]] = [heap[index], heap[parent]];
      index = parent;
    }
  }

  runUntil(end) {
    while (this.#heap.length > 0 && this.#heap[0].time < end) {
      const { time, act } = this.#next();
      this.now = time;
      act();
    }
  }

  #next() {
    const heap = this.#heap;
    const [first] = heap;
    const last = heap.pop();
    if (heap.length === 0) return first;
    heap[0] = last;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) return first;
      if (child + 1 < heap.length && heap[child + 1].time < heap[child].time) child += 1;
      if (heap[index].time <= heap[child].time) return first;
      [heap[child], heap[index]] = [heap[index], heap[child]];
      index = child;
    }
  }
}

function mostInWindow(times) {
  times.sort((a, b) => a - b);
  let [most, first] = [0, 0];
  times.forEach((time, last) => {
    while (times[first] <= time - p.windowMs) first += 1;
    most = Math.max(most, last - first + 1);
  });
  return most;
}

function quantiles(waits) {
  waits.sort((a, b) => a - b);
  const at = (part) => waits[Math.min(waits.length - 1, Math.floor(waits.length * part))] ?? 0;
  return { p50: at(0.5), p99: at(0.99) };
}

function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0);
}

const skewed = (servers) => [0.5, ...Array(servers - 1).fill(0.5 / (servers - 1))];
const whole = (one) => ({ limit: 60_000, demand: 0.8, roundTripMs: 0.5, ...one });

/** A key with a limit of 1000 uses a second, of which callers try 800 or 2000; half a millisecond from the database. */
export const scenarios = [
  { what: '1 server', servers: 1 },
  { what: '3 servers', servers: 3 },
  { what: '3 servers, 2 ms away', servers: 3, roundTripMs: 2 },
  { what: '3 servers, half of the load at one', servers: 3, shares: skewed(3) },
  { what: '10 servers', servers: 10 },
  { what: '3 servers, twice the limit', servers: 3, demand: 2 },
  { what: '3 servers, twice the limit, half of the load at one', servers: 3, demand: 2, shares: skewed(3) },
  { what: '10 servers, twice the limit', servers: 10, demand: 2 },
  { what: '30 servers, twice the limit', servers: 30, demand: 2 },
].map(whole);

/** What it would be otherwise. */
export const alternatives = [
  { what: '3 servers, as it is', servers: 3 },
  { what: 'no leases', servers: 3, hasLeases: false },
  { what: 'each lease a hundredth of the limit', servers: 3, isWhole: true },
  { what: 'a round trip for each batch, at once', servers: 3, isStorming: true },
].map(whole);

const columns = [
  { key: 'most', label: 'most in a minute', digits: 0 },
  { key: 'trips', label: 'round trips a use', digits: 3 },
  { key: 'tripsPerSecond', label: 'round trips/s', digits: 0 },
  { key: 'p50', label: 'wait p50 ms', digits: 2 },
  { key: 'p99', label: 'p99 ms', digits: 2 },
  { key: 'unused', label: 'slots lost', digits: 1 },
  { key: 'fairness', label: 'fairness', digits: 2 },
];

export function leaseTable(cases) {
  const rows = cases.map(({ what, ...scenario }) => {
    const { most, tripsPerUse, tripsPerSecond, unused, waits, fairness } = simulate(scenario);
    return {
      what,
      most,
      trips: tripsPerUse,
      tripsPerSecond,
      ...waits,
      unused: `${(unused * 100).toFixed(1)} %`,
      fairness,
    };
  });
  return { columns, rows };
}

/** What one core of the database carries: the processor time of round trips for slots and of recording. */
export function databaseTable() {
  const [leased, unleased] = alternatives.map((one) => simulate(one).tripsPerUse);
  const rows = [
    { what: 'keys without a rate limit', trips: 0 },
    { what: 'a busy key, 3 servers', trips: leased },
    { what: 'the same without leases', trips: unleased },
    { what: 'many keys, each used now and then', trips: 1 },
  ].map((row) => {
    const uses = 1000 / (row.trips * p.databaseMs + p.recordMs);
    return { ...row, uses, servers: (uses * p.useMs) / 1000 };
  });
  return {
    columns: [
      { key: 'trips', label: 'round trips a use', digits: 3 },
      { key: 'uses', label: 'uses/s', digits: 0 },
      { key: 'servers', label: 'cores of servers for that', digits: 2 },
    ],
    rows,
  };
}

export function parameterTable() {
  const said = [
    ['processor time of a server for a use', p.useMs],
    ['the row of a key is locked for a round trip for slots', p.lockMs],
    ['processor time of the database for a round trip for slots', p.databaseMs],
    ['processor time of the database to record a use', p.recordMs],
  ];
  return { columns: [{ key: 'ms', label: 'ms', digits: 3 }], rows: said.map(([what, ms]) => ({ what, ms })) };
}

function markdown(table) {
  const [headers, ...lines] = cellsOf(table);
  const rule = headers.map((_, column) => (column ? '---:' : '---'));
  return [headers, rule, ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** The page with these tables between its marks. */
export function withTables(page) {
  const tables = {
    inputs: parameterTable(),
    leases: leaseTable(scenarios),
    alternatives: leaseTable(alternatives),
    database: databaseTable(),
  };
  return Object.entries(tables).reduce((text, [name, table]) => {
    const part = new RegExp(`(<!-- ${name} -->\n)[\\s\\S]*?(<!-- end -->)`);
    return text.replace(part, (_, start, end) => `${start}${markdown(table)}\n${end}`);
  }, page);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const file = join(dirname(dirname(fileURLToPath(import.meta.url))), 'docs', 'scaling.md');
  const tables = [parameterTable(), leaseTable(scenarios), leaseTable(alternatives), databaseTable()];
  for (const table of tables) console.log(`${markdown(table)}\n`);
  if (process.argv.includes('--write')) writeFileSync(file, withTables(readFileSync(file, 'utf8')));
}
