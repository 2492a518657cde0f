import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { filesBelow, projectRoot } from './support/sandbox.ts';

/*
 * Who may import whom. A folder may import itself, what its row allows, and types from `lifecycle/key` and
 * `lifecycle/ports` where the row says `lifecycle:types`.
 */
const rows: Record<string, readonly string[]> = {
  commands: [
    ...['root', 'lifecycle', 'output'],
    ...[
      'delivery/destinations',
      'delivery/sink-spec',
      'delivery/open-sinks',
      'delivery/mask',
      'journal:types',
    ],
    // What describes a provider, and the stores of session tokens; never a connection.
    ...['providers', 'tokens/store', 'authority/capabilities', 'authority:types', 'http:types'],
    // The words of the access log; `serving.ts` starts the server.
    ...['server:types', 'loopback'],
  ],
  lifecycle: ['secret', 'errors', 'time'],
  authority: ['lifecycle/key', 'lifecycle:types', 'secret', 'errors', 'time', 'paths'],
  providers: ['files', 'lifecycle/key', 'lifecycle:types', 'http:types', 'secret', 'errors', 'time'],
  // What is passed on goes through the proxies that the environment names, as every other call does.
  server: [
    ...['authority', 'lifecycle:types', 'secret', 'errors', 'time', 'env'],
    ...['http/dispatcher', 'http/wire'],
    // Its log is read on terminals, and what comes from this machine itself may see more.
    ...['output/sanitise', 'loopback'],
  ],
  http: ['secret', 'errors', 'env', 'loopback'],
  delivery: ['lifecycle:types', 'files', 'secret', 'errors', 'io', 'env', 'run-program'],
  journal: ['lifecycle:types', 'files', 'secret', 'errors'],
  files: ['errors'],
  tokens: [
    ...['files', 'secret', 'errors', 'env', 'io:types', 'config:types', 'paths'],
    ...['run-program', 'children'],
  ],
  output: ['lifecycle:types', 'lifecycle/key', 'errors', 'io', 'env', 'secret', 'time', 'diagnosis:types'],
  // Wiring and small modules at the top: everything, but for the exceptions below.
  root: [
    ...['commands', 'lifecycle', 'authority', 'providers', 'server'],
    ...['http', 'delivery', 'journal', 'files', 'tokens', 'output'],
  ],
};

/** Each third party has one home. */
const homes: Record<string, string | string[]> = {
  commander: 'src/commands/',
  leven: ['src/commands/', 'src/config-file.ts'],
  '@inquirer/prompts': 'src/output/prompt.ts',
  'cli-table3': 'src/output/',
  'string-width': 'src/output/',
  chalk: 'src/output/',
  yaml: 'src/output/',
  conf: 'src/config-change.ts',
  valibot: 'src/',
  'env-paths': 'src/paths.ts',
  // Its database, and the locks that the kernel holds.
  libsql: ['src/authority/', 'src/files/file-lock.ts'],
  dotenv: 'src/delivery/dotenv.ts',
  which: 'src/delivery/vendor-program.ts',
  '@napi-rs/keyring': 'src/tokens/keychain',
  undici: 'src/http/',
  fastify: 'src/server/',
  'prom-client': 'src/server/metrics.ts',
  '@valibot/to-json-schema': 'src/server/admin/openapi.ts',
};

interface Import {
  from: string;
  to: string;
  typeOnly: boolean;
}

const sources = [...filesBelow(join(projectRoot, 'src')), ...filesBelow(join(projectRoot, 'bin'))];
const imports: Import[] = sources.flatMap((file) => {
  const text = readFileSync(file, 'utf8');
  const statements = text.matchAll(
    /(?:^|\n)\s*(import|export)( type)?[^'"\n;]*?(?:\{[^}]*\} )?from '([^']+)'|import\('([^']+)'\)/g,
  );
  return [...statements].map(([, , type, fixed, lazy]) => ({
    from: relative(projectRoot, file),
    to: fixed ?? lazy ?? '',
    typeOnly: Boolean(type),
  }));
});

test('imports are found at all', () => {
  expect(imports.length).toBeGreaterThan(150);
});

test('every import stays within the table', () => {
  const offences = imports
    .filter(({ to }) => to.startsWith('.'))
    .map(({ from, to, typeOnly }) => ({ from, to: join(dirname(from), to), typeOnly }))
    .filter(({ from, to, typeOnly }) => !isAllowed(from, to, typeOnly));
  expect(offences).toEqual([]);
});

test('every third party is imported in its one home', () => {
  const offences = imports
    .filter(({ to }) => !to.startsWith('.') && !to.startsWith('node:'))
    .filter(({ from, to }) => ![homes[to] ?? 'nowhere'].flat().some((home) => from.startsWith(home)));
  expect(offences).toEqual([]);
});

test('only the named files reach for process, and none for console', () => {
  const users = sources
    .filter((file) => /\bprocess\.|'node:process'/.test(withoutComments(file)))
    .map(fileName);
  expect(users.sort()).toEqual([
    'bin/keys.ts',
    'src/authority/key-format.ts',
    'src/children.ts',
    // Writes code that does.
    'src/commands/snippet-code.ts',
    'src/delivery/clipboard-sink.ts',
    'src/diagnosis.ts',
    'src/files/file-lock.ts',
    'src/files/private-file.ts',
    'src/files/private-folder.ts',
    'src/files/trust.ts',
    'src/foreground.ts',
    'src/http/client.ts',
    'src/io.ts',
    'src/journal/escrow.ts',
    'src/journal/operation-file.ts',
    'src/output-fault.ts',
    'src/output/keyboard.ts',
    'src/paths.ts',
    'src/places.ts',
    'src/tokens/keychain-child.ts',
    'src/tokens/keychain.ts',
    'src/tokens/session-bus.ts',
    'src/tokens/token-file.ts',
  ]);
  const printing = sources.filter((file) => /\bconsole\./.test(withoutComments(file))).map(fileName);
  expect(printing).toEqual(['src/commands/snippet-code.ts']);
});

test('only the named files start programs, none with our own secrets in its environment', () => {
  const starting = sources.filter((file) =>
    /import (?!type)[^\n]*'node:child_process'/.test(withoutComments(file)),
  );
  expect(starting.map(fileName).sort()).toEqual([
    'src/delivery/clipboard-sink.ts',
    'src/filled-pipe.ts',
    'src/foreground.ts',
    'src/run-program.ts',
    'src/tokens/keychain-child.ts',
  ]);
  // That one has an environment of its own.
  const others = starting.filter((file) => fileName(file) !== 'src/filled-pipe.ts');
  for (const file of others) expect(readFileSync(file, 'utf8')).toContain('...withoutSecrets(');
});

test('a secret is revealed only where it is handed over', () => {
  const calls = sources.flatMap((file) => {
    const count = [...withoutComments(file).matchAll(/\.reveal\(\)/g)].length;
    return count > 0 ? [`${fileName(file)} ${count}`] : [];
  });
  expect(calls.sort()).toEqual([
    'src/authority/authority.ts 2',
    'src/authority/issue.ts 1',
    'src/delivery/clipboard-sink.ts 2',
    'src/delivery/env-sink.ts 1',
    'src/delivery/exec-sink.ts 1',
    'src/delivery/file-sink.ts 1',
    'src/delivery/keychain-sink.ts 1',
    'src/delivery/mask.ts 1',
    'src/delivery/preset-sink.ts 1',
    'src/delivery/stdout-sink.ts 2',
    'src/foreground.ts 1',
    'src/holders.ts 1',
    'src/http/wire.ts 2',
    'src/journal/escrow.ts 1',
    'src/lifecycle/match.ts 2',
    'src/server/admin/keys.ts 2',
    'src/server/admin/sessions.ts 1',
    'src/server/dialects/drun.ts 1',
    'src/server/dialects/privatemind.ts 1',
    'src/server/dialects/riskinmind.ts 2',
    'src/server/dialects/unreal.ts 1',
    // Looked for in what the upstream answers.
    'src/server/upstream/own-key.ts 1',
    'src/tokens/store.ts 1',
    'src/values-in.ts 1',
  ]);
});

test('no file grows past 250 lines', () => {
  const long = sources.filter((file) => readFileSync(file, 'utf8').split('\n').length > 250).map(fileName);
  expect(long).toEqual([]);
});

function isAllowed(from: string, to: string, typeOnly: boolean): boolean {
  const [home, target] = [folderOf(from), folderOf(to)];
  if (home === target || home === 'bin' || to === 'package.json') return true;
  const module = to.replace(/^src\//, '').replace(/\.ts$/, '');
  return (rows[home] ?? []).some((entry) => {
    const [place, kind] = entry.split(':');
    if (kind === 'types' && !typeOnly) return false;
    return place === target || place === module;
  });
}

function folderOf(path: string): string {
  if (path.startsWith('bin/')) return 'bin';
  return /^src\/([^/]+)\//.exec(path)?.[1] ?? 'root';
}

function fileName(file: string): string {
  return relative(projectRoot, file);
}

function withoutComments(file: string): string {
  return readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
}
