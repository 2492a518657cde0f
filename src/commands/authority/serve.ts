import type { Context } from '../../app/context.ts';
import { InvalidValue } from '../../base/errors.ts';
import type { Secret } from '../../base/secret.ts';
import { parsePositiveDuration } from '../../base/time.ts';
import { defineCommand, toggle, value, values } from '../../cli/define.ts';
import { oneOf, readCount, readDollars, readList, readText } from '../../cli/read.ts';
import { isLoopbackHost } from '../../platform/loopback.ts';
import type { LogFormat } from '../../server/access-log.ts';
import { dbFlag } from '../flags/session-flags.ts';

const fields = ['time', 'event', 'url'];

export const serve = defineCommand({
  operands: '',
  summary: 'put the embedded authority behind HTTP: an API for keys, and checks for those who use them',
  description: [
    'Its own API is at /admin, described by /admin/openapi.json. Those of Unreal AI, RiskInMind,',
    'PrivateMind and d.run are at /unreal, /riskinmind, /privatemind and /drun. At the root is what checks',
    'keys: /v1/models, /v1/authorize, /v1/usage and, with --upstream, every other call below /v1; /healthz',
    'and /metrics are for whoever watches it.',
    '',
    'Whoever manages keys over HTTP needs a session token: keys session create. SIGTERM or Ctrl-C ends the',
    'server, once the calls that run have come to their end.',
  ].join('\n'),
  examples: [
    'keys serve',
    'keys serve --models gpt-4o,mistral-large --org-budget 500 --max-keys 20',
    'keys serve --upstream https://api.example.com/v1 --upstream-key env:.env#UPSTREAM_KEY',
    'keys serve --host 0.0.0.0 --tls-cert cert.pem --tls-key key.pem',
  ],
  flags: {
    host: value('--host <address>', 'where to listen; default 127.0.0.1', readText),
    port: value('--port <number>', 'default 8787; 0: any that is free', readPort),
    db: dbFlag,
    models: value(
      '--models <list>',
      'the models that the organisation is entitled to; default: every model',
      readList,
    ),
    orgBudget: value(
      '--org-budget <usd>',
      'what all keys together may spend in a calendar month (UTC)',
      readDollars,
    ),
    maxKeys: value('--max-keys <number>', 'live keys that a user may have', readCount),
    logRetention: value(
      '--log-retention <span>',
      'how long the log of uses keeps its rows: 90d (default), 36h, 6mo … or never to remove none',
      readRetention,
    ),
    upstream: value(
      '--upstream <url>',
      'pass on the calls of keys that may, and meter what they cost',
      readText,
    ),
    upstreamKey: value(
      '--upstream-key <source>',
      "the upstream's own key: env:PATH#NAME, file:PATH or keychain:NAME",
      readText,
    ),
    tlsCert: value('--tls-cert <path>', 'certificate and chain, PEM', readText),
    tlsKey: value('--tls-key <path>', 'the key of the certificate, PEM', readText),
    behindProxy: toggle(
      '--behind-proxy',
      "a proxy in front does TLS, and says the clients' addresses (X-Forwarded-For)",
    ),
    allowHost: values(
      '--allow-host <name>',
      'a name in Host that is answered besides those of this machine; may be repeated',
      readText,
    ),
    logFormat: value(
      '--log-format <format>',
      'json or text; default: text on a terminal, else json',
      oneOf(['json', 'text'] as const),
    ),
  },
  fields,
  problems({ host = '127.0.0.1', tlsCert, tlsKey, behindProxy, upstream, upstreamKey }) {
    return [
      ...((tlsCert === undefined) === (tlsKey === undefined)
        ? []
        : ['--tls-cert and --tls-key need each other']),
      ...(isLoopbackHost(host) || tlsCert !== undefined || behindProxy
        ? []
        : [
            `--host ${host} can be reached from other machines: it needs --tls-cert and --tls-key, or --behind-proxy`,
          ]),
      ...(upstreamKey !== undefined && upstream === undefined ? ['--upstream-key needs --upstream'] : []),
    ];
  },
  async run(context, input) {
    const {
      host = '127.0.0.1',
      port = 8787,
      models,
      orgBudget,
      maxKeys,
      upstream: url,
      tlsCert,
      tlsKey,
    } = input;
    const { openAuthority } = await import('../../app/open-authority.ts');
    const { startServer } = await import('../../app/start-server.ts');
    const authority = openAuthority(context, input.db, {
      ...(models && { models }),
      ...(orgBudget !== undefined && { monthlyBudgetUsd: orgBudget }),
      ...(maxKeys !== undefined && { maxKeys }),
    });
    const key = await upstreamKeyOf(context, input.upstreamKey);
    const format = input.logFormat ?? (context.isHumanOutput ? 'text' : 'json');
    const stdout = lines(context);
    context.startMutation();
    const server = await startServer(context, authority, {
      host,
      port,
      behindProxy: input.behindProxy,
      allowedHosts: input.allowHost,
      ...(tlsCert !== undefined && tlsKey !== undefined && { tls: { cert: tlsCert, key: tlsKey } }),
      retention: input.logRetention,
      ...(url !== undefined && { upstream: { url, ...(key && { key }) } }),
      ...(!context.globals.quiet && { log: { format, write: stdout.write } }),
    });
    stdout.write(opening(format, server.url));
    await context.flush();
    const where = context.io.stdout.isTTY ? '' : `listening on ${server.url}; `;
    await context.note(
      `${where}log in: keys session create --user <name> --secret-only | keys login --provider authority --url ${server.url}/admin --with-token`,
    );
    // Started from a script or by a supervisor, it outlives the terminal in which that was done.
    if (!context.io.stdout.isTTY) context.io.ignoreHangup();
    await interruption(context);
    await context.note('stopping: calls that run come to their end');
    await server.stop();
    await stdout.end();
    return { kind: 'nothing' };
  },
});

/** 0 to 65535. Throws `InvalidValue`. */
function readPort(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new InvalidValue(`'${text}' is not a port: a whole number from 0 to 65535`);
}

/** A span, or `never`. Throws `InvalidValue`. */
function readRetention(text: string): string {
  const span = text.trim();
  if (span !== 'never') parsePositiveDuration(span);
  return span;
}

/** The first line of the log tells where the server is, for whoever has started it. */
function opening(format: LogFormat, url: string): string {
  return format === 'text'
    ? `listening on ${url}`
    : JSON.stringify({ time: new Date().toISOString(), event: 'listening', url });
}

/** Reads the upstream's key once, so that a source that cannot be read is told of before anything starts. */
async function upstreamKeyOf(
  context: Context,
  source: string | undefined,
): Promise<(() => Promise<Secret>) | undefined> {
  if (source === undefined) return undefined;
  const read = () => context.secretFrom(source);
  await read();
  return read;
}

function interruption({ io: { interrupt } }: Context): Promise<void> {
  return new Promise((resolve) => {
    if (interrupt.aborted) resolve();
    else interrupt.addEventListener('abort', () => resolve());
  });
}

/** stdout by lines, which are written a few at once. Where it takes no more, the server goes on without its log. */
function lines({ io: { stdout } }: Context): { write: (line: string) => void; end: () => Promise<void> } {
  let waiting = '';
  let writing: Promise<void> = Promise.resolve();
  const write = () => {
    const text = waiting;
    waiting = '';
    writing = writing.then(() => stdout.write(text)).catch(() => {});
  };
  return {
    write(line) {
      if (waiting === '') setImmediate(write);
      waiting += `${line}\n`;
    },
    async end() {
      if (waiting !== '') write();
      await writing;
    },
  };
}
