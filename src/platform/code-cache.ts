import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Script } from 'node:vm';
import { BundleTexts, loaded, prefix } from './bundle-texts.ts';
import { folderOf } from './cache-folder.ts';
import type { CodePlace, CompiledCode, StoredCode } from './code-store.ts';
import { readCode, writeCode } from './code-store.ts';

/*
 * What V8 has compiled is kept for the next run of a command: compiling takes a third of the time of a short one. Node.js
 * has such a cache from 22.1 on (`module.enableCompileCache`), which saves less and trusts any folder. It holds no more
 * than the program's own code. A cache that cannot be used or written is no failure. There is none on Windows, which has no
 * owners to check.
 */

/**
 * Runs a file of the bundle and all that it requires. What it compiles is kept in a file per command once the process ends
 * well: a word that is no command leaves no file of its name. Without a word, nothing is kept.
 */
export function runFromCache(entry: string, word?: string): void {
  const place = word === undefined ? undefined : cachePlace(/^[a-z]{1,20}$/.test(word) ? word : 'other');
  const bundle = new Bundle(place && readCode(place));
  if (place) {
    process.once('exit', (code) => {
      if (code === 0 && bundle.isIncomplete) writeCode(place, () => bundle.code());
    });
  }
  bundle.require(entry, __dirname);
}

/** Undefined if nothing is to be kept: on request, or because owners cannot be checked. */
function cachePlace(command: string): CodePlace | undefined {
  const { env } = process;
  const uid = process.geteuid?.();
  if (uid === undefined || env.NODE_DISABLE_COMPILE_CACHE || env.NODE_V8_COVERAGE) return undefined;
  try {
    const folder = join(folderOf('cache', env, process.cwd()), 'code');
    return { folder, path: join(folder, `${command}.bin`), uid };
  } catch {
    // The current folder no longer exists.
    return undefined;
  }
}

/**
 * Packages that the bundle does not hold are native parts, whose file has the same name in each of them. Node.js takes as
 * long to find that file as the system takes to load it.
 */
function requirePart(id: string): unknown {
  const file = join(dirname(__dirname), 'node_modules', id, 'index.node');
  if (!id.startsWith('@libsql/') || !existsSync(file)) return require(id);
  const module = { exports: {} };
  process.dlopen(module, file);
  return module.exports;
}

interface CompiledScript {
  stamp: string;
  script: Script;
}

/** The files of the bundle, each compiled and run when it is first required. */
class Bundle {
  isIncomplete = false;
  readonly #storedCode: StoredCode | undefined;
  readonly #texts = new BundleTexts(join(__dirname, 'common.pack'));
  readonly #scripts: CompiledScript[] = [];
  readonly #modules = new Map<string, { exports: unknown }>();

  constructor(storedCode: StoredCode | undefined) {
    this.#storedCode = storedCode;
  }

  /** `id`: the path of a file from the folder of the one that requires it. No two files have the same name. */
  require(id: string, folder: string): unknown {
    const name = id.slice(id.lastIndexOf('/') + 1);
    const knownModule = this.#modules.get(name);
    if (knownModule) return knownModule.exports;
    const module = { exports: {} };
    this.#modules.set(name, module);
    const path = join(folder, id);
    const ownFolder = dirname(path);
    // Node.js would look for each file in several places, and for a package.json above it.
    const requireFrom = (other: string) =>
      other.startsWith('.') ? this.require(other, ownFolder) : requirePart(other);
    try {
      const run = this.#compile(path);
      run.call(module.exports, module.exports, Object.assign(requireFrom, require), module, path, ownFolder);
    } catch (error) {
      this.#modules.delete(name);
      throw error;
    }
    return module.exports;
  }

  /** The code of this run, and what earlier runs have compiled besides. */
  code(): CompiledCode {
    const code = this.#storedCode?.all() ?? new Map<string, Buffer>();
    for (const { stamp, script } of this.#scripts) code.set(stamp, script.createCachedData());
    return code;
  }

  #compile(path: string): (...values: unknown[]) => void {
    const { text, stamp } = this.#texts.of(path);
    const cachedData = this.#storedCode?.get(stamp);
    const options = { filename: path, columnOffset: -prefix.length, ...(cachedData && { cachedData }) };
    const script = loaded(path, () => new Script(text, options));
    this.#scripts.push({ stamp, script });
    if (script.cachedDataRejected !== false) this.isIncomplete = true;
    return script.runInThisContext();
  }
}
