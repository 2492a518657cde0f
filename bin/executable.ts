import { dirname, join, posix } from 'node:path';
import { getRawAsset } from 'node:sea';
import { entryOf } from '../src/platform/child-entry.ts';
import type * as NativeParts from '../src/platform/native-part.ts';

/*
 * The main script of the single executable, which has every file of the bundle as a function and every native part as an
 * asset; `scripts/build-executable.mjs` puts them together. It runs the program, or the entry that it was started as.
 */

interface Module {
  exports: unknown;
}

type Require = (id: string) => unknown;

/** A file of the bundle in the wrapper that Node.js gives a CommonJS module. */
type File = (exports: unknown, require: Require, module: Module, filename: string, dirname: string) => void;

/** By path in the bundle, such as `chunks/core-1a2b3c4d.cjs`. */
declare const files: Readonly<Record<string, File>>;

/** By the package that a file of the bundle requires; `asset` is compressed with Brotli. */
declare const nativeParts: Readonly<Record<string, { name: string; sha256: string; asset: string }>>;

const loaded = new Map<string, Module>();

function load(path: string): unknown {
  const known = loaded.get(path);
  if (known) return known.exports;
  const file = files[path];
  if (!file) throw new Error(`the executable has no ${path}`);
  const module: Module = { exports: {} };
  loaded.set(path, module);
  const folder = posix.dirname(path);
  const require = (id: string) => (id.startsWith('.') ? load(posix.join(folder, id)) : loadPackage(id));
  const filename = join(process.execPath, path);
  file(module.exports, require, module, filename, dirname(filename));
  return module.exports;
}

/** A module of Node.js, or one of ours that is native. */
function loadPackage(id: string): unknown {
  const known = process.getBuiltinModule(id) ?? loaded.get(id)?.exports;
  if (known) return known;
  const part = nativeParts[id];
  if (!part) throw new Error(`the executable has no ${id}`);
  const { loadNativePart, unpackingPlaces } = load('native-part.cjs') as typeof NativeParts;
  const unpack = () => process.getBuiltinModule('node:zlib').brotliDecompressSync(getRawAsset(part.asset));
  const module: Module = { exports: {} };
  loadNativePart({ ...part, unpack }, unpackingPlaces(), (file) => process.dlopen(module, file));
  loaded.set(id, module);
  return module.exports;
}

const entry = entryOf(process.argv[2]);
// As when Node.js runs the entry's file: its arguments follow.
if (entry) process.argv.splice(1, 1);
load(`${entry ?? 'program'}.cjs`);
