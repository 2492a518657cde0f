import { InvalidValue } from '../base/errors.ts';
import { looksLikeSecret, maskSecrets } from '../base/secret.ts';
import type { DesiredKey, DesiredState } from '../keys/plan/desired-key.ts';
import { clashesIn } from './clashes.ts';
import type { Fault, Path, Position } from './fault.ts';
import { shownPath } from './fault.ts';
import { lifetimeFaults } from './lifetimes.ts';
import type { KeyEntry, Manifest } from './manifest.ts';
import type { PlaceContext } from './place.ts';
import { filledPlace, literalText, secretFault, UnsetVariable } from './place.ts';
import { checkShape } from './shape-faults.ts';
import type { Source } from './source.ts';
import { parseSource } from './source.ts';

/** What a file asks for, or everything that is wrong with it, in the order of its lines. */
export function parseManifest(
  text: string,
  file: string,
  context: PlaceContext,
): { state: DesiredState; faults: readonly [] } | { state?: never; faults: readonly Fault[] } {
  const source = parseSource(text);
  const faults = [...secretsIn(text), ...source.faults];
  if (source.data === undefined) return { faults: inOrder(faults) };
  const places = new Places(context);
  const { content, manifest, faults: shapeFaults } = checkShape(source.data, (place) => places.read(place));
  for (const { path, isName, message } of [
    ...shapeFaults,
    ...nameFaults(source.data),
    ...clashesIn(content, source),
    ...(manifest ? lifetimeFaults(manifest) : []),
  ])
    faults.push(faultAt(isName ? source.positionOfName(path) : source.positionOf(path), path, message));
  return manifest && faults.length === 0
    ? { state: { ...stateOf(manifest, file, source), ...places.told }, faults: [] }
    : { faults: inOrder(faults) };
}

/** The places of a file, and what is to be told of them. */
class Places {
  readonly #context: PlaceContext;
  readonly #names = new Map<string, string>();
  readonly #unset = new Set<string>();

  constructor(context: PlaceContext) {
    this.#context = context;
  }

  /** Throws `InvalidValue`. */
  read(text: string): string {
    try {
      const { whole, written } = filledPlace(text, this.#context);
      this.#names.set(whole, written);
      return whole;
    } catch (error) {
      if (!(error instanceof UnsetVariable) || !this.#context.leavesUnset) throw error;
      this.#unset.add(error.variable);
      return text;
    }
  }

  get told(): Pick<DesiredState, 'placeNames' | 'unsetVariables'> {
    return { placeNames: this.#names, unsetVariables: [...this.#unset] };
  }
}

function faultAt(position: Position, path: Path, message: string): Fault {
  return { ...position, path: maskSecrets(shownPath(path)), message };
}

/** Secrets anywhere in the text, comments included. */
function secretsIn(text: string): Fault[] {
  return text.split('\n').flatMap((line, index) => {
    if (!looksLikeSecret(line)) return [];
    const maskedLine = maskSecrets(line);
    const at = [...line].findIndex((_, column) => line[column] !== maskedLine[column]);
    return [{ line: index + 1, column: at + 1, path: '', message: secretFault }];
  });
}

/** Names cannot have variables; the fields of each key are checked by their shape. */
function nameFaults(data: unknown) {
  const names = (path: Path) => Object.keys(mapAt(data, path)).map((name) => [...path, name]);
  const labels = names(['keys']).flatMap((path) => names([...path, 'labels']));
  return [...names(['keys']), ...labels, ...names(['defaults', 'labels'])].flatMap((path) => {
    const message = problemOf(() => literalText(String(path.at(-1))));
    return message === undefined ? [] : [{ path, isName: true, message }];
  });
}

function mapAt(data: unknown, path: Path): object {
  const value = path.reduce<unknown>(
    (one, step) =>
      typeof one === 'object' && one !== null && Object.hasOwn(one, step) ? one[step as never] : undefined,
    data,
  );
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
}

function problemOf(read: () => unknown): string | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    if (error instanceof InvalidValue) return error.message;
    throw error;
  }
}

/** By line; a secret is reported once, at its field. */
function inOrder(faults: readonly Fault[]): Fault[] {
  const hasField = ({ line }: Fault) =>
    faults.some((other) => other.line === line && other.message === secretFault && other.path !== '');
  const distinctFaults = new Map(faults.map((fault) => [JSON.stringify(fault), fault]));
  return [...distinctFaults.values()]
    .filter((fault) => fault.message !== secretFault || fault.path !== '' || !hasField(fault))
    .sort((a, b) => a.line - b.line || a.column - b.column);
}

function stateOf(
  { profile, defaults = {}, keys = {}, audit }: Manifest,
  file: string,
  source: Source,
): Omit<DesiredState, 'placeNames' | 'unsetVariables'> {
  return {
    file,
    ...(profile !== undefined && { profile }),
    keys: Object.entries(keys).map(([entry, key]) => ({
      ...keyOf(entry, key ?? {}, defaults),
      at: source.positionOfName(['keys', entry]),
    })),
    ...(audit && { audit }),
  };
}

type Settings = NonNullable<Manifest['defaults']>;

function keyOf(entry: string, key: KeyEntry, defaults: Settings): Omit<DesiredKey, 'at'> {
  const { rateLimitRpm, budgetUsd, labels, rotate, ...fields } = { ...defaults, ...key };
  return {
    ...fields,
    name: key.name ?? literalText(entry),
    ...(rateLimitRpm !== undefined && { rateLimitRpm: orNull(rateLimitRpm) }),
    ...(budgetUsd !== undefined && { budgetUsd: orNull(budgetUsd) }),
    ...(labels && { labels: literalNames({ ...defaults.labels, ...labels }) }),
    ...(rotate && { rotate: { ...defaults.rotate, ...rotate } }),
    to: fields.to ?? [],
  };
}

function orNull(amount: number | 'none'): number | null {
  return amount === 'none' ? null : amount;
}

function literalNames(labels: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).map(([name, value]) => [literalText(name), value]));
}
