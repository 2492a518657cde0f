import { keyInputs } from '../../keys/key.ts';
import { placeholder } from './placeholder.ts';
import type { Operation, Provider } from './provider.ts';
import { methods } from './provider.ts';
import type { SchemaIssue } from './schema-issue.ts';
import { expiryStyles, graceStyles, logInputs, momentStyles, usageInputs } from './styles.ts';

export const operations = [
  'list',
  'show',
  'create',
  'rotate',
  'update',
  'disable',
  'enable',
  'revoke',
  'logs',
  'usage',
  'verify',
  'logout',
] as const;
type Name = (typeof operations)[number];

/** What is wrong with the calls of a provider: their methods, and what stands in their templates. */
export function operationIssues(provider: Provider): SchemaIssue[] {
  const named = operations.flatMap((name) => {
    const operation: Operation | undefined = provider[name];
    if (!operation) return [];
    const count = methods.filter((method) => operation[method] !== undefined).length;
    const wrongCount =
      count === 1
        ? []
        : [{ path: name, message: `has ${count} methods in place of one of ${methods.join(', ')}` }];
    return [...wrongCount, ...placeholderIssues(provider, name, operation)];
  });
  return [...named, ...headerIssues(provider)];
}

/** A text in a call, and where. */
interface Written {
  place: (typeof methods)[number] | 'query' | 'body';
  text: string;
  /** The name of a field, and not its value. */
  isName: boolean;
}

function writtenIn(operation: Operation): Written[] {
  const paths = methods.flatMap((place) => {
    const text = operation[place];
    return text === undefined ? [] : [{ place, text, isName: false }];
  });
  return [...paths, ...textsIn('query', operation.query), ...textsIn('body', operation.body)];
}

function textsIn(place: 'query' | 'body', value: unknown): Written[] {
  if (typeof value === 'string') return [{ place, text: value, isName: false }];
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.flatMap((one) => textsIn(place, one));
  return Object.entries(value).flatMap(([name, one]) => [
    { place, text: name, isName: true },
    ...textsIn(place, one),
  ]);
}

/** What looks as if it were to be filled in. */
const braced = /\{[\w.:-]+\}/g;
const whole = new RegExp(`^${placeholder.source}$`);

function placeholderIssues(provider: Provider, name: Name, operation: Operation): SchemaIssue[] {
  return writtenIn(operation).flatMap(({ place, text, isName }) =>
    [...text.matchAll(braced)].flatMap(([found]) => {
      const path = `${name}.${place}`;
      const [, input = '', style] = whole.exec(found) ?? [];
      if (isName) return [{ path, message: `${found} is not filled in where it names a field` }];
      if (input === '') return [{ path, message: `${found} is no placeholder: it would be sent as it is` }];
      const isAlone = found === text;
      const problem = placeholderProblem(provider, { name, place, input, style, isAlone });
      return problem ? [{ path, message: `${found} ${problem}` }] : [];
    }),
  );
}

interface Placeholder {
  name: Name;
  place: Written['place'];
  input: string;
  style: string | undefined;
  isAlone: boolean;
}

function placeholderProblem(
  provider: Provider,
  { name, place, input, style, isAlone }: Placeholder,
): string | undefined {
  const isInPath = place !== 'query' && place !== 'body';
  const [, kind, rest = ''] = /^(option|secret|kept)\.(.+)$/.exec(input) ?? [];
  if (kind === 'option') return optionProblem(provider, rest, isInPath || !isAlone);
  if (kind === 'secret') {
    if (!Object.hasOwn(provider.secrets ?? {}, rest)) return 'is not declared in secrets';
    return place === 'body'
      ? undefined
      : 'would stand in an address, which others write to logs: send it in the body';
  }
  if (kind === 'kept') {
    if (name !== 'create') return 'is for create alone';
    return Object.hasOwn(provider.key?.kept ?? {}, rest) ? undefined : 'is not declared in key.kept';
  }
  const inputs = wanted[name] ?? ofKeys;
  if (inputs.length === 0) return 'is never said in this call';
  if (!inputs.includes(input)) return `is not one of ${inputs.join(', ')}`;
  const isSure = alwaysSaid[name]?.includes(input) ?? input === 'id';
  if (isInPath && !isSure) return 'cannot stand in a path: it need not be said';
  if (!isInPath && !isAlone && !isSure)
    return 'need not be said, and what stands beside it would be sent alone: let it be the whole text';
  return styleProblem(input, style);
}

function optionProblem({ options = {} }: Provider, name: string, isNeeded: boolean): string | undefined {
  const option = Object.hasOwn(options, name) ? options[name] : undefined;
  if (!option) return 'is not declared in options';
  return isNeeded && !option.required ? 'need not be set: declare it as required' : undefined;
}

/** What is said in the calls that are not about one key. */
const wanted: { readonly [name in Name]?: readonly string[] } = {
  logs: logInputs,
  usage: usageInputs,
  list: [],
  verify: [],
  logout: [],
  create: keyInputs,
  rotate: ['id', ...keyInputs, 'grace'],
};
const ofKeys = ['id', ...keyInputs];

/** What is said in every such call; else it is the id. */
const alwaysSaid: { readonly [name in Name]?: readonly string[] } = {
  logs: [],
  usage: ['by'],
  create: ['name'],
  rotate: ['id', 'grace'],
};

const styles: Readonly<Record<string, object>> = {
  expiresAt: expiryStyles,
  since: momentStyles,
  until: momentStyles,
  grace: graceStyles,
};

function styleProblem(input: string, style: string | undefined): string | undefined {
  const known = styles[input];
  if (!known) return style === undefined ? undefined : `takes no :${style}`;
  if (style !== undefined && Object.hasOwn(known, style)) return undefined;
  return `needs one of :${Object.keys(known).join(', :')}`;
}

/** Headers are the same on every request. */
function headerIssues({ headers = {} }: Provider): SchemaIssue[] {
  return Object.entries(headers).flatMap(([name, value]) =>
    [...`${name} ${value}`.matchAll(braced)].map(([found]) => ({
      path: `headers.${name}`,
      message: `${found} is not filled in here: it would be sent as it is`,
    })),
  );
}
