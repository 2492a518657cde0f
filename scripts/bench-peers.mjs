// Other programs of this kind, installed from the registry into a temporary folder. What cannot be installed or started here
// is left out, and the reason is printed.
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const versions = {
  'resend-cli': '2.21.0',
  'better-auth': '1.7.25',
  '@better-auth/api-key': '1.7.5',
  'express-gateway': '1.16.11',
};

/** Answers at another address with the processor time of this process, as the server under test may not. */
const metrics = `
const metrics = http.createServer((request, response) => {
  const { user, system } = process.cpuUsage();
  response.end('process_cpu_seconds_total ' + (user + system) / 1e6 + '\\n');
});
const metricsUrl = new Promise((resolve) => metrics.listen(0, '127.0.0.1', () => resolve('http://127.0.0.1:' + metrics.address().port)));
`;

/** Keys in memory, the fastest of its stores, and no rate limit of its own. */
const betterAuth = `
import http from 'node:http';
import { betterAuth } from 'better-auth';
import { memoryAdapter } from 'better-auth/adapters/memory';
import { apiKey } from '@better-auth/api-key';
${metrics}
const tables = { user: [], session: [], account: [], verification: [], apikey: [] };
const { api } = betterAuth({
  baseURL: 'http://127.0.0.1',
  secret: 'no secret at all, but as long as one EXAMPLE',
  database: memoryAdapter(tables),
  telemetry: { enabled: false },
  emailAndPassword: { enabled: true },
  plugins: [apiKey({ rateLimit: { enabled: false } })],
});
const { user } = await api.signUpEmail({ body: { email: 'bench@example.com', password: 'bench-EXAMPLE', name: 'bench' } });
const { key } = await api.createApiKey({ body: { userId: user.id, name: 'bench' } });
const server = http.createServer(async (request, response) => {
  const { valid } = await api.verifyApiKey({ body: { key: request.headers.authorization.slice('Bearer '.length) } });
  response.writeHead(valid ? 200 : 401).end();
});
server.listen(0, '127.0.0.1', async () => {
  const url = 'http://127.0.0.1:' + server.address().port;
  console.log(JSON.stringify({ url, metricsUrl: await metricsUrl, authorization: 'Bearer ' + key }));
});
`;

/** With the database in memory that it has for want of Redis; the pipeline ends once the key is known. */
const expressGateway = `
process.env.LOG_LEVEL = 'error';
const http = require('node:http');
const { cpSync, mkdirSync, writeFileSync } = require('node:fs');
const { dirname, join } = require('node:path');
${metrics}
const defaults = join(dirname(require.resolve('express-gateway')), 'config');
const config = join(__dirname, 'config');
mkdirSync(config);
for (const name of ['models', 'system.config.yml']) cpSync(join(defaults, name), join(config, name), { recursive: true });
const terminate = [{ action: { statusCode: 200, message: 'ok' } }];
writeFileSync(join(config, 'gateway.config.yml'), JSON.stringify({
  http: { port: 0, hostname: '127.0.0.1' },
  apiEndpoints: { api: { host: '*', paths: '/*' } },
  policies: ['key-auth', 'terminate'],
  pipelines: { api: { apiEndpoints: ['api'], policies: [{ 'key-auth': {} }, { terminate }] } },
}));
const ready = new Promise((resolve) => require('express-gateway/lib/eventBus').once('http-ready', resolve));
require('express-gateway')().load(config).run().then(async () => {
  const { credential, user } = require('express-gateway/lib/services');
  const { id } = await user.insert({ username: 'bench', firstname: 'a', lastname: 'bench' });
  const { keyId, keySecret } = await credential.insertCredential(id, 'key-auth', {});
  const url = 'http://127.0.0.1:' + (await ready).httpServer.address().port;
  console.log(JSON.stringify({ url, metricsUrl: await metricsUrl, authorization: 'apiKey ' + keyId + ':' + keySecret }));
});
`;

/** The peers of the commands, and those of the server: a script each that prints where it listens. */
export function installPeers(folder) {
  const notes = [];
  const installed = (...names) => {
    const home = join(folder, names[0]);
    mkdirSync(home);
    const packages = names.map((name) => `${name}@${versions[name]}`);
    console.error(`bench: installing ${packages.join(' and ')}…`);
    const problem = install(home, packages);
    if (problem) notes.push(`${packages[0]} is left out: npm could not install it (${problem}).`);
    return problem ? undefined : home;
  };
  const resend = installed('resend-cli');
  const servers = [
    {
      name: 'better-auth',
      home: installed('better-auth', '@better-auth/api-key'),
      file: 'server.mjs',
      text: betterAuth,
    },
    { name: 'express-gateway', home: installed('express-gateway'), file: 'server.cjs', text: expressGateway },
  ].filter(({ home }) => home);
  return {
    notes,
    resend: resend && {
      what: `resend ${versions['resend-cli']}`,
      program: join(resend, 'node_modules', 'resend-cli', 'dist', 'cli.cjs'),
    },
    servers: servers.map(({ name, home, file, text }) => {
      writeFileSync(join(home, file), text);
      return { what: `${name} ${versions[name]}`, script: join(home, file) };
    }),
  };
}

/** Why it failed, in npm's words; undefined if it did not. Two of the packages do not agree on the version of a third. */
function install(home, packages) {
  writeFileSync(join(home, 'package.json'), '{}');
  const flags = ['--legacy-peer-deps', '--no-audit', '--no-fund', '--loglevel=error', '--ignore-scripts'];
  const options = { cwd: home, encoding: 'utf8', shell: process.platform === 'win32' };
  const { status, stderr, error } = spawnSync(
    'npm',
    ['install', '--prefix', home, ...flags, ...packages],
    options,
  );
  if (status === 0) return undefined;
  return error?.message ?? /npm error (.*)/.exec(stderr)?.[1] ?? `exit code ${status}`;
}
