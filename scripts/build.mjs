// Bundles the program into `dist`, or for the single executable into the folder that is named: one file for what every
// command needs, and further files that are loaded when they are used. CommonJS, because Node.js starts it faster than ES modules.
import { chmodSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import Module from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';
import { parseAst } from 'rolldown/parseAst';
import { listManPages, writeManPages } from './man-pages.mjs';
import { packedDocs } from './packed-docs.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [executableFolder] = process.argv.slice(2);
const dist = executableFolder ?? join(root, 'dist');
const fresh = executableFolder ?? join(root, `dist.${process.pid}`);
if (fresh !== dist)
  process.on('exit', (code) => code !== 0 && rmSync(fresh, { recursive: true, force: true }));
const libsqlTarget = join(root, 'scripts', 'libsql-target.mjs');

// Loading many small files costs more than loading one, so each of these groups is one file. Everything else, such as
// a command or the prompts, is a file by itself.
const except = (names) => `(?!(?:${names})\\.ts)[a-z-]+\\.ts$`;
const core = [
  `base/${except('values-in')}`,
  `platform/${except('background|children|editor|entry-path|filled-pipe|foreground|git-remote|machine|native-part|open-page|output-fault|own-files|pager|permits|pipe-maker|run-program|stream-program|supervise-program')}`,
  'platform/files/(?:read-file|trust)\\.ts$',
  'app/(?:app|database-in|dialogue|lookup|remind-of-unfinished)\\.ts$',
  'accounts/(?:config|profile|choose-profile)\\.ts$',
  'keys/(?:capability-check|find|key|match|own-key|select|summary)\\.ts$',
  'output/(?:ci-log|error|fit-line|formats|message|present|relative-time|reminder|reporter|values|views/field-names|waits)\\.ts$',
  `cli/${except('help|page|suggest|complete|completion|flag-syntax')}`,
  'commands/catalog\\.ts$',
  'authority/(?:capabilities|key-format|roles)\\.ts$',
];
const delivery = [
  'app/(?:destination|open-journal|open-operations|sink-context|tell)\\.ts$',
  'commands/flags/destination-flags\\.ts$',
  'journal/(?!fleet-file)',
  'keys/(?:capacity|differences|requested|spec-check)\\.ts$',
  `keys/operations/${except('await-state|complete|create|create-again|decision|deliver-waiting|inspect-operation|outcome|recover|recover-operation|recovery|resume-delivery|revoke|value-in-place')}`,
  'output/views/(?:creation-events|recovery-events|stored)\\.ts$',
  'platform/(?:permits|keychain/may-have-keychain)\\.ts$',
  'sinks/(?:current-value|destinations|file-sink|git-ignored|mask|open-sinks|presets|sink-spec|split-command|stdout-sink)\\.ts$',
];
const groups = [
  {
    name: 'main',
    test: /\/(src\/(main|platform\/(io|stop-requests|stop-signal)|base\/errors)\.ts|package\.json)$/,
  },
  {
    name: 'core',
    test: new RegExp(
      `/src/(?:${core.join('|')})|/node_modules/commander/|/(?:lean-commander|no-commander-help)\\.mjs`,
    ),
  },
  // For the authority, and for locks without it.
  {
    name: 'libsql',
    test: /\/(node_modules\/(@libsql|libsql|detect-libc)\/|scripts\/libsql-target\.mjs$)/,
  },
  // What this machine's own commands need of the authority; the server and the sessions have more of it.
  {
    name: 'authority',
    test: new RegExp(
      `/src/authority/(?:sqlite/|store/)?${except('backup|cached-lookup|capabilities|ceiling|idempotency|inspect|issue-key|key-format|rate-limit|reconcile|restore|roles|rotate-key|scoped-keys|service|sessions|sqlite-service|sqlite-use-gate|users')}`,
    ),
  },
  // What the server and the sessions need of the authority besides, on any database.
  {
    name: 'service',
    test: /\/src\/authority\/(?:ceiling|idempotency|issue-key|rate-limit|rotate-key|scoped-keys|service|sessions|users)\.ts$/,
  },
  // A group brings what its files import; this one serves commands that need no more of the next ones.
  { name: 'match', test: /\/src\/keys\/match\.ts$/ },
  // Locks, and files that hold secrets.
  { name: 'files', test: /\/src\/platform\/files\// },
  // What takes a new secret to its place, and records it.
  { name: 'delivery', test: new RegExp(`/src/(?:${delivery.join('|')})`) },
  {
    name: 'rotation',
    test: /\/src\/(keys\/rotation\/(?!rotate-many|continue-fleet|idle)|keys\/operations\/(?:create-again|outcome)|app\/(?:rotation-services|recovery-services)|output\/views\/rotation-events)/,
  },
  // What every command of an API over HTTP needs.
  {
    name: 'remote',
    test: new RegExp(
      `/src/(?:http/${except('secure-agent|proxy-tunnel')}|remote/${except('check-requests|confirms-toggle|example-requests|holds-secret|identify-key|log-filter|parse-xml|read-entry|read-identity|read-issued|read-logs|read-total|read-usage|read-verdict|read-xml|require-toggled|revoke-key|sign-aws|update-key|usage-totals|verify-by-list')}|app/(?:connection|open-remote)\\.ts$|providers/(?:catalog|built-in/built-in)\\.ts$|accounts/tokens/find-[a-z]+\\.ts$)`,
    ),
  },
  // What changes keys there.
  {
    name: 'remote-changes',
    test: /\/src\/remote\/(?:confirms-toggle|read-issued|require-toggled|revoke-key|update-key)\.ts$/,
  },
  // What a session token in the keychain needs.
  {
    name: 'tokens',
    test: /\/src\/(accounts\/tokens\/token-store|platform\/(children|entry-path|keychain\/(open-keychain|early-keychain|keychain-(process|child-process|error|fault)|in-parts|read-lines)))\.ts$/,
  },
  {
    name: 'views',
    test: /\/src\/(output\/(views\/(?!(?:creation|recovery|rotation)-events|audit|stored|provider|wrapped-record|usage|logs|log-chart)|table|fit-columns|typesetting|style|charts\/(?:meter|sparkline)))/,
  },
  // The authority on a server, which a command loads that is told to use one. Last: it takes nothing from the others.
  {
    name: 'postgres',
    test: /\/(src\/authority\/postgres\/|node_modules\/(pg|pg-[a-z-]+|pgpass|postgres-[a-z]+|split2|xtend)\/)/,
  },
];

const providers = readdirSync(join(root, 'src', 'providers', 'built-in')).map((name) =>
  basename(name, '.ts'),
);

/** The files that most commands load: the program, the groups that lists and changes of keys need, those commands, and a provider. */
const isCommon = new RegExp(
  `^(?:program|chunks.(?:rolldown-runtime|main|core|libsql|authority|files|delivery|remote|selection-flags|list|show|create|key-flags|creation-services|${providers.join('|')})-[\\w-]{8})\\.cjs$`,
);

/** commander and detect-libc can start programs. They never do here, and the module costs 2 ms to load. */
const noChildProcess = {
  name: 'no-child-process',
  resolveId(source, importer) {
    const isAsked =
      /^(node:)?child_process$/.test(source) && /node_modules.(commander|detect-libc)/.test(importer ?? '');
    return isAsked ? join(root, 'scripts', 'no-child-process.mjs') : null;
  },
};

/** Here commander only splits flags. */
const leanCommander = {
  name: 'lean-commander',
  resolveId(source, importer) {
    if (source === 'commander') return join(root, 'scripts', 'lean-commander.mjs');
    const isHelp =
      /^\.\/(help\.js|suggestSimilar)$/.test(source) && /node_modules.commander/.test(importer ?? '');
    return isHelp ? join(root, 'scripts', 'no-commander-help.mjs') : null;
  },
};

/** pg would load a native binding, which is not installed, if a variable of the environment says so. */
const noNativePostgres = {
  name: 'no-native-postgres',
  resolveId(source, importer) {
    const isAsked = source === './native' && /node_modules.pg.lib/.test(importer ?? '');
    return isAsked ? join(root, 'scripts', 'no-native-postgres.mjs') : null;
  },
};

/**
 * conf validates only if it is given a JSON schema, and Fastify uses its own validator, serialiser and logger only if it
 * is given no other. Neither happens here, and those libraries are big.
 */
const noValidator = {
  name: 'no-validator',
  resolveId(source, importer) {
    const isAsked =
      (/^ajv/.test(source) && /node_modules.conf/.test(importer ?? '')) ||
      (/^(pino|light-my-request|@fastify.(ajv-compiler|fast-json-stringify-compiler))$/.test(source) &&
        /node_modules.fastify/.test(importer ?? ''));
    return isAsked ? join(root, 'scripts', 'no-validator.mjs') : null;
  },
};

/** conf and the prompts bring libraries that install signal handlers. Only src/platform/stop-requests.ts may do so. */
const noSignalHooks = {
  name: 'no-signal-hooks',
  resolveId(source) {
    const isAsked = /^(when-exit|signal-exit)$/.test(source);
    return isAsked ? join(root, 'scripts', 'no-signal-hooks.mjs') : null;
  },
};

/** The pages that `keys docs` prints. */
const docsInside = {
  name: 'docs-inside',
  load: (id) => (/src.app.docs.read-pages\.ts$/.test(id) ? packedDocs(root) : null),
};

/**
 * Modules of Node.js that are not part of its own start are loaded by the first call into them, not by the file that
 * imports them: a command that creates no key needs no crypto. And none is copied for its default export.
 */
const lazyBuiltins = {
  name: 'lazy-builtins',
  renderChunk(code) {
    let lazyCode = code;
    for (const [statement, name, module] of code.matchAll(/\blet (\w+) = require\("(node:[\w/]+)"\);/g)) {
      const [copy] = new RegExp(`\\b${name} = [\\w.$]+\\(${name}, 1\\);`).exec(code) ?? [];
      const withDefault = `Object.create(${name}, { default: { value: ${name} } })`;
      if (copy)
        lazyCode = lazyCode.replace(copy, startModules.has(module) ? `${name} = ${withDefault};` : '');
      if (startModules.has(module)) continue;
      const loaded = copy ? `((${name}) => ${withDefault})(require("${module}"))` : `require("${module}")`;
      lazyCode = lazyCode
        .replaceAll(new RegExp(`\\b${name}\\.`, 'g'), `${name}.module.`)
        .replace(statement, () => `const ${name} = { get module() { return this.loaded ??= ${loaded}; } };`);
    }
    return lazyCode;
  },
};

/** What `import()` gives of a file that shares its file of the bundle: made by a literal, without a descriptor for each name. */
const plainNamespaces = {
  name: 'plain-namespaces',
  renderChunk: (code) =>
    code.replace(/[\w.]*\b__exportAll\(\{([^{}]*)\}\)/g, (text, entries) => {
      const getters = entries.replace(/([\w$]+): \(\) => ([\w$]+)/g, 'get $1() { return $2; }');
      return getters.includes('=>') ? text : `{${getters}}`;
    }),
};

/**
 * What a file exports has no getters, unless a value may change later: hundreds of those take half a millisecond. Where there
 * are more than 128 names, they are those of one object that is made at once: V8 would make another dictionary several times.
 */
const plainExports = {
  name: 'plain-exports',
  renderChunk(code) {
    const getter =
      /Object\.defineProperty\(exports, "([\w$]+)", \{\s+enumerable: true,\s+get: function ?\(\) \{\s+return ([\w$]+);\s+\}\s+\}\);\n?/g;
    const exported = [...code.matchAll(getter)];
    const fixed = fixedNames(code);
    if (exported.length <= 128)
      return code.replace(getter, (text, name, local) =>
        fixed.has(local) ? `exports.${name} = ${local};\n` : text,
      );
    const properties = exported.map(([, name, local]) =>
      fixed.has(local) ? `${name}: ${local},` : `get ${name}() { return ${local}; },`,
    );
    return `${code.replace(getter, '')}\nmodule.exports = {\n${properties.join('\n')}\n};\n`;
  },
  generateBundle(_, bundle) {
    const chunks = Object.values(bundle).filter(({ type }) => type === 'chunk');
    const cycle = importCycle(new Map(chunks.map(({ fileName, imports }) => [fileName, imports])));
    // Files that import each other would see the object that the one made last has replaced.
    if (cycle) throw new Error(`files of the bundle import each other: ${cycle.join(' -> ')}`);
  },
};

/** The files of a cycle, if there is one. */
function importCycle(imports) {
  const done = new Set();
  const visit = (file, path) => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return undefined;
    for (const other of imports.get(file) ?? []) {
      const cycle = visit(other, [...path, file]);
      if (cycle) return cycle;
    }
    done.add(file);
    return undefined;
  };
  for (const file of imports.keys()) {
    const cycle = visit(file, []);
    if (cycle) return cycle;
  }
  return undefined;
}

/** The names that a file declares at its top and that never have another value. */
function fixedNames(code) {
  const names = parseAst(code).body.flatMap((node) => {
    if (/^(?:Function|Class)Declaration$/.test(node.type)) return node.id.name;
    return node.kind === 'const' ? node.declarations.map(({ id }) => id.name) : [];
  });
  return new Set(names);
}

/** What `node -e 0` loads by itself. */
const startModules = new Set(['node:fs', 'node:path', 'node:events', 'node:url', 'node:util', 'node:module']);

const common = {
  cwd: root,
  platform: 'node',
  external: [/^@napi-rs\//],
  transform: { target: 'node20.19' },
  resolve: { alias: { '@neon-rs/load': libsqlTarget } },
};
const commonOutput = {
  dir: fresh,
  format: 'cjs',
  entryFileNames: '[name].cjs',
  // The single executable has no `import()`.
  dynamicImportInCjs: false,
  // Stack traces keep the names of functions and classes.
  minify: {
    compress: true,
    mangle: { toplevel: false, keepNames: true },
    codegen: { removeWhitespace: true },
  },
};

const { output } = await build({
  ...common,
  input: {
    program: 'bin/program.ts',
    ...(executableFolder && { 'native-part': 'src/platform/native-part.ts' }),
  },
  plugins: [
    noChildProcess,
    leanCommander,
    noValidator,
    noNativePostgres,
    noSignalHooks,
    docsInside,
    lazyBuiltins,
    plainNamespaces,
    plainExports,
  ],
  output: {
    ...commonOutput,
    chunkFileNames: 'chunks/[name]-[hash].cjs',
    codeSplitting: { groups },
  },
});
// What starts the program, and the processes and threads that it starts. Each is a file that shares nothing with others.
const entries = {
  'keychain-child': 'src/platform/keychain/keychain-child.ts',
  'program-launcher': 'src/platform/launcher/program-launcher.ts',
  'clipboard-clear': 'src/sinks/clipboard-clear.ts',
  'server-thread': 'src/server/threads/server-thread.ts',
  'search-thread': 'src/leaks/search-thread.ts',
  ...(executableFolder ? { executable: 'bin/executable.ts' } : { keys: 'bin/keys.ts' }),
};
for (const [name, source] of Object.entries(entries)) {
  const isFirst = name === 'keys';
  await build({
    ...common,
    input: { [name]: source },
    plugins: [lazyBuiltins],
    ...(isFirst && {
      external: Object.keys(entries)
        .concat('program')
        .map((entry) => `./${entry}.cjs`),
    }),
    output: { ...commonOutput, banner: isFirst ? '#!/usr/bin/env node' : '' },
  });
}
const scripts = readdirSync(fresh, { recursive: true }).filter((one) => one.endsWith('.cjs'));
// The loader knows files by their names (src/platform/code-cache.ts).
if (new Set(scripts.map((script) => basename(script))).size < scripts.length)
  throw new Error('two files of the bundle have the same name');
for (const name of scripts)
  writeFileSync(join(fresh, name), inAscii(readFileSync(join(fresh, name), 'utf8')));
if (!executableFolder) pack(scripts.filter((script) => isCommon.test(script)));
const modules = output.flatMap((chunk) =>
  chunk.type === 'chunk' ? chunk.moduleIds.map((id) => relative(root, id)) : [],
);
writeFileSync(join(fresh, 'THIRD-PARTY-LICENSES.txt'), licences(modules));
if (!executableFolder) {
  chmodSync(join(fresh, 'keys.cjs'), 0o755);
  const options = {
    ...common,
    plugins: [noChildProcess, leanCommander, noValidator, noNativePostgres, noSignalHooks],
  };
  const manPages = await writeManPages({ root, folder: join(fresh, 'man'), options });
  listManPages(
    root,
    manPages.map((name) => `dist/man/${name}`),
  );
}
if (fresh !== dist) {
  rmSync(dist, { recursive: true, force: true });
  renameSync(fresh, dist);
}

/** Makes one file of several; src/platform/bundle-texts.ts says how it is laid out. */
function pack(names) {
  let [index, texts] = ['', ''];
  for (const name of names) {
    const text = Module.wrap(readFileSync(join(fresh, name), 'utf8'));
    index += `${basename(name)} ${texts.length} ${text.length}\n`;
    texts += text;
    rmSync(join(fresh, name));
  }
  writeFileSync(join(fresh, 'common.pack'), `\n${index}\n${texts}`);
}

/** V8 reads text of single bytes faster. Outside of strings and patterns, the bundle has no other characters. */
function inAscii(code) {
  return code.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The licence texts of the packages in the bundle, which those licences require. */
function licences(inputs) {
  const folders = new Set(
    inputs.flatMap((input) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1] ?? []),
  );
  return [...folders]
    .sort()
    .map(licenceOf)
    .join(`\n${'-'.repeat(80)}\n\n`);
}

function licenceOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
  const file = readdirSync(join(root, folder)).find((one) => /^licen[cs]e/i.test(one));
  const text = file ? readFileSync(join(root, folder, file), 'utf8') : '';
  return `${name} ${version} (${license})\n\n${text.trim()}\n`;
}
