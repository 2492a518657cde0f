import type { Path } from './fault.ts';
import type { ShapeFault } from './shape-faults.ts';
import type { Source } from './source.ts';

/** The content of a file that may have the wrong shape. */
interface Content {
  profile?: unknown;
  defaults?: { to?: unknown };
  keys?: Readonly<Record<string, Entry | null>>;
}

interface Entry {
  name?: unknown;
  profile?: unknown;
  to?: unknown;
}

/** What two keys of the file cannot both have: their name, and a place for their secrets. */
export function clashesIn(content: unknown, source: Source): ShapeFault[] {
  const { profile, defaults, keys } = (content ?? {}) as Content;
  const entries = Object.entries(keys ?? {}).map(([entry, key]) => {
    const { name = entry, profile: own = profile, to } = key ?? {};
    return { path: ['keys', entry], name: String(name), profile: own, to, defaultPlaces: defaults?.to };
  });
  return [...nameClashes(entries, source), ...placeClashes(entries, source)];
}

interface NamedEntry {
  path: Path;
  name: string;
  profile: unknown;
  to: unknown;
  defaultPlaces: unknown;
}

function nameClashes(entries: readonly NamedEntry[], source: Source): ShapeFault[] {
  const owners = new Map<string, Path>();
  return entries.flatMap(({ path, name, profile }) => {
    const identity = JSON.stringify([profile, name]);
    const owner = owners.get(identity);
    owners.set(identity, owner ?? path);
    return owner ? [clash(path, 'has the name of another key of its profile', owner, source)] : [];
  });
}

/** The key in a place that two of them have would be replaced by the other one at every run. */
function placeClashes(entries: readonly NamedEntry[], source: Source): ShapeFault[] {
  const owners = new Map<string, Path>();
  return entries.flatMap(({ path, name, to, defaultPlaces }) => {
    const places: unknown = to ?? defaultPlaces;
    return (Array.isArray(places) ? places : []).flatMap((place, index) => {
      if (typeof place !== 'string') return [];
      const fieldPath = to === undefined ? path : [...path, 'to', index];
      const { needs, takes } = claimsOf(filledIn(place, name));
      const owner = needs.map((claim) => owners.get(claim)).find((one) => one !== undefined);
      for (const claim of takes) owners.set(claim, owners.get(claim) ?? fieldPath);
      return owner ? [clash(fieldPath, 'is a place that is taken already', owner, source)] : [];
    });
  });
}

/** Only commands have placeholders; the id of each key is another one. */
function filledIn(place: string, name: string): string {
  return place.startsWith('exec:') ? place.replaceAll(/\{(?:name|id)\}/g, () => name) : place;
}

function clash(path: Path, message: string, owner: Path, source: Source): ShapeFault {
  return { path, isName: path.length === 2, message: `${message}, in ${placeOf(owner, source)}` };
}

/** What a place needs that no other place has taken: `file:` writes the whole file, `env:` a part of it. */
function claimsOf(place: string): { needs: string[]; takes: string[] } {
  const [, file] = /^file:(.*)$/s.exec(place) ?? [];
  if (file !== undefined) return { needs: [`some of ${file}`], takes: [`some of ${file}`, `all of ${file}`] };
  const [, dotenv] = /^env:(.*)#[^#]*$/s.exec(place) ?? [];
  if (dotenv === undefined) return { needs: [place], takes: [place] };
  return { needs: [place, `all of ${dotenv}`], takes: [place, `some of ${dotenv}`] };
}

function placeOf(path: Path, source: Source): string {
  const { line } = path.length === 2 ? source.positionOfName(path) : source.positionOf(path);
  return `line ${line}`;
}
