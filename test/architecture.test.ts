import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { filesBelow, projectRoot } from './support/sandbox.ts';

/** Each third party has one home. */
const homes: Record<string, string | string[]> = {
  commander: 'src/cli/',
  leven: [
    'src/cli/',
    'src/accounts/config-file.ts',
    'src/accounts/settings.ts',
    'src/providers/declaration/nearest.ts',
  ],
  ignore: 'src/leaks/walk.ts',
  'picomatch/posix': 'src/commands/flags/selection-flags.ts',
  '@inquirer/core': 'src/output/picker.ts',
  '@inquirer/figures': 'src/output/picker.ts',
  '@inquirer/prompts': 'src/output/prompt.ts',
  'cli-table3': 'src/output/',
  'string-width': 'src/output/',
  chalk: 'src/output/',
  yaml: 'src/manifest/',
  conf: 'src/accounts/config-change.ts',
  valibot: 'src/',
  // Its database, and the locks that the kernel holds.
  libsql: ['src/authority/', 'src/platform/files/file-lock.ts'],
  pg: 'src/authority/postgres/',
  dotenv: 'src/sinks/dotenv.ts',
  which: 'src/sinks/vendor-program.ts',
  '@napi-rs/keyring': 'src/platform/keychain/',
  '@napi-rs/keyring-linux-x64-gnu': 'src/platform/keychain/load-binding.ts',
  '@napi-rs/keyring-linux-arm64-gnu': 'src/platform/keychain/load-binding.ts',
  undici: 'src/gateway/',
  'eventsource-parser': 'src/gateway/event-stream.ts',
  '@humanwhocodes/momoa': 'src/providers/json-source.ts',
  aws4fetch: 'src/remote/sign-aws.ts',
  'p-map': ['src/keys/plan/apply.ts', 'src/keys/rotation/rotate-many.ts', 'src/app/'],
  fastify: 'src/server/',
  fuzzysort: 'src/output/fuzzy-search.ts',
  'prom-client': ['src/server/metrics.ts', 'src/server/gate-metrics.ts'],
  '@valibot/to-json-schema': 'src/server/admin/openapi.ts',
};

interface Import {
  from: string;
  to: string;
}

const sources = [...filesBelow(join(projectRoot, 'src')), ...filesBelow(join(projectRoot, 'bin'))];
const imports: Import[] = sources.flatMap((file) => {
  const text = readFileSync(file, 'utf8');
  const statements = text.matchAll(
    /(?:^|\n)\s*(?:import|export)[^'"\n;]*?(?:\{[^}]*\} )?from '([^']+)'|import\('([^']+)'\)/g,
  );
  return [...statements].map(([, fixed, lazy]) => ({
    from: relative(projectRoot, file),
    to: fixed ?? lazy ?? '',
  }));
});

test('imports are found at all', () => {
  expect(imports.length).toBeGreaterThan(150);
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
    'bin/executable.ts',
    'bin/keys.ts',
    'bin/program.ts',
    'src/app/doctor.ts',
    'src/app/sink-context.ts',
    'src/authority/key-format.ts',
    'src/authority/postgres/find-password.ts',
    'src/http/client.ts',
    'src/output/keyboard.ts',
    // Writes code that does.
    'src/output/snippet-code.ts',
    'src/platform/background.ts',
    'src/platform/child-entry.ts',
    'src/platform/child-options.ts',
    'src/platform/children.ts',
    'src/platform/code-cache.ts',
    'src/platform/code-store.ts',
    'src/platform/editor.ts',
    'src/platform/files/exposed-mode.ts',
    'src/platform/files/file-lock.ts',
    'src/platform/files/private-file.ts',
    'src/platform/files/private-folder.ts',
    'src/platform/files/sync-file.ts',
    'src/platform/files/trust.ts',
    'src/platform/foreground.ts',
    'src/platform/io.ts',
    'src/platform/keychain/early-keychain.ts',
    'src/platform/keychain/is-unlocked.ts',
    'src/platform/keychain/keychain-child-process.ts',
    'src/platform/keychain/keychain-child.ts',
    'src/platform/keychain/keychain-process.ts',
    'src/platform/keychain/load-binding.ts',
    'src/platform/keychain/may-have-keychain.ts',
    'src/platform/keychain/open-keychain.ts',
    'src/platform/launcher/launcher.ts',
    'src/platform/launcher/program-launcher.ts',
    'src/platform/machine.ts',
    'src/platform/monotonic.ts',
    'src/platform/native-part.ts',
    'src/platform/output-fault.ts',
    'src/platform/own-files.ts',
    'src/platform/pager.ts',
    'src/platform/platform-folders.ts',
    'src/platform/stop-requests.ts',
    'src/platform/workers/worker-link.ts',
    'src/platform/workers/workers.ts',
    'src/sinks/clipboard-clear.ts',
    'src/sinks/clipboard-sink.ts',
  ]);
  const printing = sources.filter((file) => /\bconsole\./.test(withoutComments(file))).map(fileName);
  expect(printing).toEqual(['src/output/snippet-code.ts']);
});

test('only the named files start programs, none with our own secrets in its environment', () => {
  const starting = sources.filter((file) =>
    /import (?!type)[^\n]*'node:child_process'/.test(withoutComments(file)),
  );
  expect(starting.map(fileName).sort()).toEqual([
    'src/platform/background.ts',
    'src/platform/editor.ts',
    'src/platform/filled-pipe.ts',
    'src/platform/foreground.ts',
    'src/platform/keychain/keychain-child-process.ts',
    'src/platform/launcher/launcher.ts',
    'src/platform/open-page.ts',
    'src/platform/pager.ts',
    'src/platform/pipe-maker.ts',
    'src/platform/stream-program.ts',
    'src/platform/supervise-program.ts',
    'src/sinks/clear-clipboard.ts',
    'src/sinks/clipboard-sink.ts',
  ]);
  // These have an environment of their own, or one that was cleared for them.
  const own = ['src/platform/filled-pipe.ts', 'src/platform/pipe-maker.ts', 'src/sinks/clear-clipboard.ts'];
  const others = starting.filter((file) => !own.includes(fileName(file)));
  for (const file of others) expect(readFileSync(file, 'utf8')).toContain('...withoutSecrets(');
});

test('a secret is revealed only where it is handed over', () => {
  const revealing = sources.filter((file) => /\.reveal\(\)/.test(withoutComments(file))).map(fileName);
  expect(revealing.sort()).toEqual([
    'src/accounts/tokens/token-store.ts',
    'src/app/find-by-value.ts',
    'src/authority/authority.ts',
    'src/authority/idempotency.ts',
    'src/authority/postgres/database-pool.ts',
    'src/base/values-in.ts',
    'src/http/wire.ts',
    'src/journal/escrow.ts',
    'src/keys/match.ts',
    'src/platform/foreground.ts',
    'src/remote/sign-aws.ts',
    'src/server/admin/keys.ts',
    'src/server/admin/sessions.ts',
    'src/server/compat/drun.ts',
    'src/server/compat/privatemind.ts',
    'src/server/compat/riskinmind.ts',
    'src/server/compat/unreal.ts',
    'src/sinks/clipboard-sink.ts',
    'src/sinks/env-sink.ts',
    'src/sinks/exec-sink.ts',
    'src/sinks/file-sink.ts',
    'src/sinks/keychain-sink.ts',
    'src/sinks/mask.ts',
    'src/sinks/preset-sink.ts',
    'src/sinks/stdout-sink.ts',
  ]);
});

test('no file grows past 250 lines', () => {
  const long = sources.filter((file) => readFileSync(file, 'utf8').split('\n').length > 250).map(fileName);
  expect(long).toEqual([]);
});

function fileName(file: string): string {
  return relative(projectRoot, file);
}

function withoutComments(file: string): string {
  return readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
}
