import { keyInputs } from '../lifecycle/key.ts';
import type { Fault } from './check.ts';
import { placeholder } from './placeholders.ts';
import type { Operation, Provider } from './provider.ts';
import { methods } from './provider.ts';
import { expiryStyles, graceStyles, logInputs, momentStyles, usageInputs } from './styles.ts';

const operations = [
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
export function operationFaults(provider: Provider): Fault[] {
  return operations.flatMap((name) => {
    const operation: Operation | undefined = provider[name];
    if (!operation) return [];
    const count = methods.filter((method) => operation[method] !== undefined).length;
    const wrongCount =
      count === 1
        ? []
        : [{ path: name, message: `has ${count} methods in place of one of ${methods.join(', ')}` }];
    return [...wrongCount, ...placeholderFaults(provider, name, operation)];
  });
}

function placeholderFaults(provider: Provider, name: Name, operation: Operation): Fault[] {
  const places = [
    ...methods.map((method) => [method, operation[method]] as const),
    ['query', operation.query] as const,
    ['body', operation.body] as const,
  ];
  return places.flatMap(([place, written]) =>
    [...JSON.stringify(written ?? '').matchAll(placeholder)].flatMap(([whole, input = '', style]) => {
      const isInPath = place !== 'query' && place !== 'body';
      const problem = placeholderProblem(provider, { name, isInPath, input, style });
      return problem ? [{ path: `${name}.${place}`, message: `${whole} ${problem}` }] : [];
    }),
  );
}

interface Placeholder {
  name: Name;
  isInPath: boolean;
  input: string;
  style: string | undefined;
}

function placeholderProblem(
  provider: Provider,
  { name, isInPath, input, style }: Placeholder,
): string | undefined {
  const [, kind, rest = ''] = /^(option|secret)\.(.+)$/.exec(input) ?? [];
  if (kind === 'option')
    return Object.hasOwn(provider.options ?? {}, rest) ? undefined : 'is not declared in options';
  if (kind === 'secret')
    return Object.hasOwn(provider.secrets ?? {}, rest) ? undefined : 'is not declared in secrets';
  const keptName = /^kept\.(.+)$/.exec(input)?.[1];
  if (keptName !== undefined) {
    if (name !== 'create') return 'is for create alone';
    return Object.hasOwn(provider.key.kept ?? {}, keptName) ? undefined : 'is not declared in key.kept';
  }
  const inputs = wanted[name] ?? (name === 'rotate' ? [...ofKeys, 'grace'] : ofKeys);
  if (!inputs.includes(input)) return `is not one of ${inputs.join(', ')}`;
  if (isInPath && wanted[name]) return 'cannot stand in a path: it need not be said';
  return styleProblem(input, style);
}

/** What is said in the calls that are not about a key. */
const wanted: { readonly [name in Name]?: readonly string[] } = { logs: logInputs, usage: usageInputs };
const ofKeys = ['id', ...keyInputs];

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
