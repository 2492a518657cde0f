import { dirname, join, posix } from 'node:path';
import { getRawAsset } from 'node:sea';
import { Script } from 'node:vm';
import { getEnvironmentData, isMainThread, setEnvironmentData } from 'node:worker_threads';
import { entryOf } from '../src/platform/child-entry.ts';
import type * as NativeParts from '../src/platform/native-part.ts';

/*
 * The main script of the single executable. Its assets are the files of the bundle, what V8 has compiled of those that
 * commands need most, the native parts, and this script; `scripts/build-binary.mjs` puts them together. It runs the program,
 * the entry that it was started as, or in a thread the thread's program.
 */

interface Module {
  exports: unknown;
}

type Require = (id: string) => unknown;

/** A file of the bundle in the wrapper that Node.js gives a CommonJS module. */
type File = (exports: unknown, require: Require, module: Module, filename: string, dirname: string) => void;

/** The assets of a file: its text in that wrapper, all of it ASCII, and the data of V8 if there is any. */
interface FileAssets {
  text: string;
  compiled?: string;
}

/** By path in the bundle, such as `chunks/core-1a2b3c4d.cjs`. */
declare const files: Readonly<Record<string, FileAssets>>;

/** By the package that a file of the bundle requires; `asset` is compressed with Brotli. */
declare const nativeParts: Readonly<Record<string, { name: string; sha256: string; asset: string }>>;

const loaded = new Map<string, Module>();

function load(path: string): unknown {
  const known = loaded.get(path);
  if (known) return known.exports;
  const module: Module = { exports: {} };
  loaded.set(path, module);
  const folder = posix.dirname(path);
  const require = (id: string) => (id.startsWith('.') ? load(posix.join(folder, id)) : loadPackage(id));
  const filename = join(process.execPath, path);
  compile(path, filename)(module.exports, require, module, filename, dirname(filename));
  return module.exports;
}

function compile(path: string, filename: string): File {
  const assets = files[path];
  if (!assets) throw new Error(`the executable has no ${path}`);
  const text = assetOf(assets.text).toString('latin1');
  // The data does not fit if V8 is set up in another way; then it is not used.
  const cachedData = assets.compiled && assetOf(assets.compiled);
  return new Script(text, { filename, ...(cachedData && { cachedData }) }).runInThisContext();
}

/** Its memory is the executable's own: read, never written. */
function assetOf(key: string): Buffer {
  return Buffer.from(getRawAsset(key) as ArrayBuffer);
}

/** A module of Node.js, or one of ours that is native. */
function loadPackage(id: string): unknown {
  const known = process.getBuiltinModule(id) ?? loaded.get(id)?.exports;
  if (known) return known;
  const part = nativeParts[id];
  if (!part) throw new Error(`the executable has no ${id}`);
  const { loadNativePart, unpackingPlaces } = load('native-part.cjs') as typeof NativeParts;
  const unpack = () => process.getBuiltinModule('node:zlib').brotliDecompressSync(assetOf(part.asset));
  const module: Module = { exports: {} };
  // A thread has no variables of the environment, which tell where the folders are.
  const places = isMainThread
    ? unpackingPlaces()
    : (getEnvironmentData('places') as NativeParts.UnpackingPlaces);
  if (isMainThread) setEnvironmentData('places', { ...places });
  loadNativePart({ ...part, unpack }, places, (file) => process.dlopen(module, file));
  loaded.set(id, module);
  return module.exports;
}

const entry = isMainThread ? entryOf(process.argv[2]) : process.argv[2];
// As when Node.js runs the entry's file: its arguments follow.
if (entry) process.argv.splice(1, 1);
load(`${entry ?? 'program'}.cjs`);
