import { methods } from './call.ts';
import type { CallName } from './inputs.ts';
import { callInputs, inputStyles } from './inputs.ts';
import type { Operation } from './operation.ts';
import { placeholder } from './placeholder.ts';
import type { Provider } from './provider.ts';
import type { SchemaIssue } from './schema-issue.ts';

/** What is wrong with the calls of a provider: their methods, and the placeholders of their templates. */
export function operationIssues(provider: Provider): SchemaIssue[] {
  const names = Object.keys(callInputs) as CallName[];
  const issues = names.flatMap((name) => {
    const operation: Operation | undefined = provider[name];
    if (!operation) return [];
    return [...methodIssues(name, operation), ...placeholderIssues(provider, name, operation)];
  });
  return [...issues, ...headerIssues(provider)];
}

function methodIssues(name: CallName, operation: Operation): SchemaIssue[] {
  const count = methods.filter((method) => operation[method] !== undefined).length;
  if (count === 1) return [];
  return [{ path: name, message: `has ${count} methods; expected exactly one of ${methods.join(', ')}` }];
}

/** A text in the templates of a call. */
interface TemplateText {
  place: (typeof methods)[number] | 'query' | 'body';
  text: string;
  /** The name of a field, not its value. */
  isName: boolean;
}

function textsOf(operation: Operation): TemplateText[] {
  const paths = methods.flatMap((place) => {
    const text = operation[place];
    return text === undefined ? [] : [{ place, text, isName: false }];
  });
  return [...paths, ...textsIn('query', operation.query), ...textsIn('body', operation.body)];
}

function textsIn(place: 'query' | 'body', value: unknown): TemplateText[] {
  if (typeof value === 'string') return [{ place, text: value, isName: false }];
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.flatMap((item) => textsIn(place, item));
  return Object.entries(value).flatMap(([name, item]) => [
    { place, text: name, isName: true },
    ...textsIn(place, item),
  ]);
}

/** What looks as if it were meant to be filled in. */
const bracedText = /\{[\w.:-]+\}/g;
const wholePlaceholder = new RegExp(`^${placeholder.source}$`);

function placeholderIssues(provider: Provider, name: CallName, operation: Operation): SchemaIssue[] {
  return textsOf(operation).flatMap(({ place, text, isName }) =>
    [...text.matchAll(bracedText)].flatMap(([braces]) => {
      const [, input = '', style] = wholePlaceholder.exec(braces) ?? [];
      const problem = isName
        ? 'is not filled in in the name of a field'
        : problemOf(provider, { name, place, input, style, isAlone: braces === text });
      return problem ? [{ path: `${name}.${place}`, message: `${braces} ${problem}` }] : [];
    }),
  );
}

interface Placeholder {
  name: CallName;
  place: TemplateText['place'];
  input: string;
  style: string | undefined;
  /** It is the whole text. */
  isAlone: boolean;
}

function problemOf(provider: Provider, occurrence: Placeholder): string | undefined {
  const [, kind, rest = ''] = /^(option|secret|kept)\.(.+)$/.exec(occurrence.input) ?? [];
  if (occurrence.input === '') return 'is not a placeholder and would be sent as it is';
  if (kind === 'option') return optionProblem(provider, rest, isInPath(occurrence) || !occurrence.isAlone);
  if (kind === 'secret') return secretProblem(provider, rest, occurrence);
  if (kind === 'kept') return keptProblem(provider, rest, occurrence);
  return inputProblem(occurrence) ?? styleProblem(occurrence);
}

function isInPath({ place }: Placeholder): boolean {
  return place !== 'query' && place !== 'body';
}

function optionProblem({ options = {} }: Provider, name: string, needsValue: boolean): string | undefined {
  const option = Object.hasOwn(options, name) ? options[name] : undefined;
  if (!option) return 'is not declared in options';
  return needsValue && !option.required ? 'may have no value here; declare it as required' : undefined;
}

function secretProblem({ secrets = {} }: Provider, name: string, { place }: Placeholder): string | undefined {
  if (!Object.hasOwn(secrets, name)) return 'is not declared in secrets';
  return place === 'body' ? undefined : 'would be part of a URL, which servers log; send it in the body';
}

function keptProblem(provider: Provider, name: string, occurrence: Placeholder): string | undefined {
  if (occurrence.name !== 'create') return 'is available in create only';
  // The shape of the key may be what is wrong.
  return Object.hasOwn(provider.key?.kept ?? {}, name) ? undefined : 'is not declared in key.kept';
}

function inputProblem(occurrence: Placeholder): string | undefined {
  const { inputs, always }: { inputs: readonly string[]; always: readonly string[] } =
    callInputs[occurrence.name];
  const { input, isAlone } = occurrence;
  if (inputs.length === 0) return 'is not available: this call has no inputs';
  if (!inputs.includes(input)) return `is not one of ${inputs.join(', ')}`;
  if (always.includes(input)) return undefined;
  if (isInPath(occurrence)) return 'cannot be part of a path: it may have no value';
  return isAlone ? undefined : 'may have no value; make it the whole text, without anything beside it';
}

function styleProblem({ input, style }: Placeholder): string | undefined {
  const styles = inputStyles[input];
  if (!styles) return style === undefined ? undefined : `takes no style, but has :${style}`;
  if (style !== undefined && Object.hasOwn(styles, style)) return undefined;
  return `needs one of :${Object.keys(styles).join(', :')}`;
}

/** Headers are the same in every request. */
function headerIssues({ headers = {} }: Provider): SchemaIssue[] {
  return Object.entries(headers).flatMap(([name, value]) =>
    [...`${name} ${value}`.matchAll(bracedText)].map(([braces]) => ({
      path: `headers.${name}`,
      message: `${braces} is not filled in in headers and would be sent as it is`,
    })),
  );
}
