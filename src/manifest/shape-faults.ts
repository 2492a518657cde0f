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
    return { path, isName: true, message: unknownField(path) };
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

function unknownField(path: Path): string {
  const name = String(path.at(-1));
  const known = fieldsAt(path.slice(0, -1));
  if (nearest(name, known) !== undefined) return `is not a known field${didYouMean(name, known)}`;
  const [, home] = homes.find(([other]) => fieldsAt(other).includes(name)) ?? [];
  return home === undefined
    ? `is not a known field; the fields are ${known.join(', ')}`
    : `is not known here; write it ${home}`;
}

/** A value of the wrong type. It is not repeated: it may be a secret in the wrong place. */
function misfit({ input, type, expected }: Issue, path: Path): string {
  if (input === null) return 'is empty; write a value, or remove the field';
  const [example] = examplesOf(path);
  const instead = example === undefined ? '' : `; write for example ${inYaml(example)}`;
  if (type === 'picklist') return `is not one of ${wordsIn(expected)}`;
  const isItem = typeof path.at(-1) === 'number' || path.at(-2) === 'labels';
  if (isItem && /number|boolean/.test(typeof input))
    return `is ${nameOf(input)}, expected a text; put it in quotes`;
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
  const text = JSON.stringify(example);
  return typeof example === 'string' ? example : text.replaceAll('"', '').replaceAll(/([:,])/g, '$1 ');
}
