import * as v from 'valibot';
import { didYouMean, nearest } from '../base/nearest.ts';
import type { Path } from './fault.ts';
import type { Manifest } from './manifest.ts';
import { manifestSchema } from './manifest.ts';

export interface ShapeFault {
  path: Path;
  message: string;
  /** The name of the field is wrong, not its value. */
  isName: boolean;
}

/** The content of the file, of the right shape if there are no faults. `readPlace` is that of `manifestSchema`. */
export function checkShape(
  data: unknown,
  readPlace: (text: string) => string,
): { content: unknown; manifest?: Manifest; faults: ShapeFault[] } {
  const result = v.safeParse(manifestSchema(readPlace), data, { abortPipeEarly: true });
  return result.success
    ? { content: result.output, manifest: result.output, faults: [] }
    : { content: result.output, faults: result.issues.map(faultOf) };
}

const schema = manifestSchema((place) => place);

type Issue = v.BaseIssue<unknown>;

function faultOf(issue: Issue): ShapeFault {
  const path = (issue.path ?? []).map(({ key }) => key as string | number);
  if (issue.type === 'strict_object' && issue.expected === 'never')
    return { path, isName: true, message: unknownField(path, issue.path?.at(-1)?.value) };
  return { path, isName: false, message: issue.kind === 'schema' ? misfit(issue, path) : issue.message };
}

/** A schema of valibot with the parts that lead to schemas inside it. */
interface Shape extends v.GenericSchema {
  entries?: Readonly<Record<string, Shape>>;
  wrapped?: Shape;
  item?: Shape;
  value?: Shape;
  pipe?: readonly (v.GenericSchema | v.ExamplesAction<unknown, readonly unknown[]>)[];
}

/** The schema of the field at a path. */
function shapeAt(path: Path): Shape | undefined {
  return path.reduce<Shape | undefined>(
    (shape, step) => {
      const { entries, item, value } = bare(shape) ?? {};
      if (entries) return Object.hasOwn(entries, step) ? entries[step] : undefined;
      return typeof step === 'number' ? item : value;
    },
    schema as unknown as Shape,
  );
}

/** What is inside an optional field. */
function bare(shape: Shape | undefined): Shape | undefined {
  return shape?.wrapped ? bare(shape.wrapped) : shape;
}

function fieldsAt(path: Path): string[] {
  return Object.keys(bare(shapeAt(path))?.entries ?? {});
}

/** Where a field may belong that stands elsewhere by mistake. */
const homes: readonly (readonly [path: Path, words: string])[] = [
  [['keys', 'ci', 'rotate'], 'below rotate:'],
  [['audit'], 'below audit:'],
  [['keys', 'ci'], 'below the name of a key, in keys:'],
  [[], 'at the top of the file'],
];

/** What the profile of a key has. */
const ofProfile = new Set(['provider', 'url', 'token']);

function unknownField(path: Path, value: unknown): string {
  const name = String(path.at(-1));
  const known = fieldsAt(path.slice(0, -1));
  if (ofProfile.has(name))
    return 'is not known here: a profile has it; make one with keys login, and write profile:';
  if (nearest(name, known) !== undefined) return `is not a known field${didYouMean(name, known)}`;
  const [, home] = homes.find(([other]) => fieldsAt(other).includes(name)) ?? [];
  if (home !== undefined) return `is not known here; write it ${home}`;
  const isKey = path.length === 1 && typeof value === 'object' && !Array.isArray(value);
  const below = isKey ? '; a key is written below keys:' : '';
  return `is not a known field; the fields are ${known.join(', ')}${below}`;
}

/** A value of the wrong type. It is not repeated: it may be a secret in the wrong place. */
function misfit({ input, type, expected }: Issue, path: Path): string {
  if (input === null) return 'is empty; write a value, or remove the field';
  const [example] = examplesOf(path);
  // Of two words, the example may be the one that is not meant.
  const isExemplary = example !== undefined && typeof example !== 'boolean';
  const instead = isExemplary ? `; write for example ${inYaml(example)}` : '';
  if (type === 'picklist') return `is not one of ${wordsIn(expected)}`;
  const isItem = typeof path.at(-1) === 'number' || path.at(-2) === 'labels';
  if (isItem && /number|boolean/.test(typeof input))
    return `is ${nameOf(input)}, expected a text; put it in quotes`;
  if (path.at(-2) === 'to' && nameOf(input) === 'a map')
    return 'is a map, expected a text; write no space behind the colon, such as env:.env#API_KEY';
  return `is ${nameOf(input)}, expected ${expectation(bare(shapeAt(path)), example)}${instead}`;
}

function examplesOf(path: Path): readonly unknown[] {
  const actions = bare(shapeAt(path))?.pipe ?? [];
  return actions.flatMap((action) => ('examples' in action ? action.examples : []));
}

function wordsIn(expected: string | null): string {
  return (expected ?? '').replaceAll(/["()]/g, '').replaceAll(' | ', ', ');
}

function nameOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  return (
    { string: 'a text', number: 'a number', boolean: 'true or false' }[typeof value as string] ?? 'a map'
  );
}

function expectation(shape: Shape | undefined, example: unknown): string {
  if (shape?.type === 'array') return 'a list';
  if (shape?.type === 'boolean') return 'true or false';
  if (typeof example === 'number') return 'a number or none';
  return shape?.type === 'string' || typeof example === 'string' ? 'a text' : 'a map';
}

function inYaml(example: unknown): string {
  if (typeof example !== 'object' || example === null) return String(example);
  if (Array.isArray(example)) return `[${example.map(itemInYaml).join(', ')}]`;
  const fields = Object.entries(example).map(([name, value]) => `${name}: ${itemInYaml(value)}`);
  return `{${fields.join(', ')}}`;
}

/** In brackets, more than a word is quoted. */
function itemInYaml(item: unknown): string {
  return typeof item === 'string' && !/^[\w-]+$/.test(item) ? JSON.stringify(item) : inYaml(item);
}
