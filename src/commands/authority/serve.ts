import { InvalidValue } from '../../base/errors.ts';
import { parseDuration, parsePositiveDuration } from '../../base/time.ts';
import { defineCommand, toggle, value, values } from '../../cli/define.ts';
import { nameOf, oneOf, readCount, readDollars, readList, readText } from '../../cli/read.ts';
import { isLoopbackHost } from '../../platform/loopback.ts';
import { dbFlag } from '../flags/session-flags.ts';

const maxWorkers = 256;

export const serve = defineCommand({
  operands: '',
  summary: 'serve the embedded authority over HTTP: an API to manage keys, and one to check them',
  description: [
    'The management API is at /admin, described by /admin/openapi.json; /unreal, /riskinmind, /privatemind',
    'and /drun speak the APIs of Unreal AI, RiskInMind, PrivateMind and d.run. At the root are the endpoints',
    'that check keys: /v1/models, /v1/authorize, /v1/usage and, with --upstream, every other call below /v1.',
    '/healthz, /readyz and /metrics are for monitoring.',
    '',
    'To manage keys over HTTP, create a session token: keys session create. SIGTERM or Ctrl-C stops the',
    'server once running calls have finished, or after 30 seconds; a second one stops it at once.',
  ].join('\n'),
  examples: [
    'keys serve',
    'keys serve --models gpt-4o,mistral-large --org-budget 500 --max-keys 20',
    'keys serve --upstream https://api.example.com/v1 --upstream-key env:.env#UPSTREAM_KEY',
    'keys serve --upstream https://api.example.com/v1 --prices prices.yaml',
    'keys serve --host 0.0.0.0 --tls-cert cert.pem --tls-key key.pem',
  ],
  flags: {
    host: value('--host <address>', 'address to listen on (default 127.0.0.1)', readText),
    port: value('--port <number>', 'port to listen on (default 8787); 0 picks a free one', readPort),
    db: dbFlag,
    models: value(
      '--models <list>',
      'models that the organisation is entitled to (default: every model)',
      readList,
    ),
    orgBudget: value(
      '--org-budget <usd>',
      'spending limit of all keys together in a calendar month (UTC)',
      readDollars,
    ),
    maxKeys: value('--max-keys <number>', 'how many active keys a user can have', readCount),
    logRetention: value(
      '--log-retention <span>',
      'how long the log keeps its rows: 90d (default), 36h, 6mo … or never to keep all',
      readRetention,
    ),
    drain: value(
      '--drain <span>',
      'how long to keep answering after SIGTERM while /readyz says 503 (default 0)',
      readDrain,
    ),
    workers: value(
      '--workers <number>',
      'how many processes serve, for the cores of this machine (default 1)',
      readWorkers,
    ),
    upstream: value('--upstream <url>', 'forward admitted calls to this API and meter their cost', readText),
    upstreamKey: value(
      '--upstream-key <source>',
      "the upstream's own key: env:PATH#NAME, file:PATH or keychain:NAME",
      nameOf('source'),
    ),
    prices: value(
      '--prices <file>',
      'what models cost, for an upstream that does not say it (YAML or JSON)',
      nameOf('file'),
    ),
    tlsCert: value('--tls-cert <path>', 'certificate and chain, PEM', nameOf('file')),
    tlsKey: value('--tls-key <path>', "the certificate's private key, PEM", nameOf('file')),
    behindProxy: toggle(
      '--behind-proxy',
      "a proxy in front terminates TLS and sends the clients' addresses (X-Forwarded-For)",
    ),
    allowHost: values(
      '--allow-host <name>',
      'accept this name in the Host header, too; repeatable',
      readText,
    ),
    logFormat: value(
      '--log-format <format>',
      'json or text (default: text on a terminal, otherwise json)',
      oneOf(['json', 'text'] as const),
    ),
  },
  fields: ['time', 'event', 'url', 'workers'],
  problems({ host = '127.0.0.1', tlsCert, tlsKey, behindProxy, upstream, upstreamKey, prices }) {
    const problems: string[] = [];
    if ((tlsCert === undefined) !== (tlsKey === undefined)) {
      problems.push('--tls-cert and --tls-key need each other');
    }
    if (!isLoopbackHost(host) && tlsCert === undefined && !behindProxy) {
      problems.push(
        `--host ${host} is reachable from other machines: add --tls-cert and --tls-key, or --behind-proxy`,
      );
    }
    if (upstreamKey !== undefined && upstream === undefined) {
      problems.push('--upstream-key needs --upstream');
    }
    if (prices !== undefined && upstream === undefined) problems.push('--prices needs --upstream');
    return problems;
  },
  async run(context, input) {
    const { db, models, orgBudget, maxKeys, upstream: url, tlsCert, tlsKey } = input;
    const { serveAuthority } = await import('../../app/serve.ts');
    await serveAuthority(context, {
      db,
      host: input.host ?? '127.0.0.1',
      port: input.port ?? 8787,
      tls: tlsCert !== undefined && tlsKey !== undefined ? { cert: tlsCert, key: tlsKey } : undefined,
      behindProxy: input.behindProxy,
      allowedHosts: input.allowHost,
      drainMs: input.drain ?? 0,
      workers: input.workers ?? 1,
      retention: input.logRetention,
      organisation: {
        ...(models && { models }),
        ...(orgBudget !== undefined && { monthlyBudgetUsd: orgBudget }),
        ...(maxKeys !== undefined && { maxKeys }),
      },
      upstream:
        url === undefined ? undefined : { url, keySource: input.upstreamKey, pricesFile: input.prices },
      logFormat: input.logFormat,
    });
    return { kind: 'nothing' };
  },
});

/** 0 to 65535. Throws `InvalidValue`. */
function readPort(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new InvalidValue(`'${text}' is not a port: use an integer from 0 to 65535`);
}

/** 1 to 256. Throws `InvalidValue`. */
function readWorkers(text: string): number {
  const count = readCount(text);
  if (count <= maxWorkers) return count;
  throw new InvalidValue(`'${text}' is too many: use up to ${maxWorkers}, about one per core`);
}

/** Milliseconds, an hour at most. Throws `InvalidValue`. */
function readDrain(text: string): number {
  const { months, milliseconds } = parseDuration(text);
  if (months === 0 && milliseconds <= 3_600_000) return milliseconds;
  throw new InvalidValue(`'${text}' is too long: use up to 1h`);
}

/** A duration, or `never`. Throws `InvalidValue`. */
function readRetention(text: string): string {
  const retention = text.trim();
  if (retention !== 'never') parsePositiveDuration(retention);
  return retention;
}
