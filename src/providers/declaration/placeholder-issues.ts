import { nearest } from '../../base/nearest.ts';
import { either } from './either.ts';
import type { RequestName } from './inputs.ts';
import { optionalStyles, requestInputs, requiredStyles, secretInputs } from './inputs.ts';

import type { PlaceholderParts } from './placeholder.ts';
import { placeholder } from './placeholder.ts';
import type { Provider } from './provider.ts';
import type { SchemaIssue } from './schema-issue.ts';
import { optionStyles } from './styles.ts';
import type { TemplateText } from './template-text.ts';

/** What looks as if it were meant to be filled in. */
const bracedText = /\{\{[^{}]*\}\}|\{\s*[\w.:|-][^{}\s]*\s*\}/g;
const wholePlaceholder = new RegExp(`^(?:${placeholder.source})$`);

/** Placeholders that cannot be filled, or would be sent as they are. Without a call, `texts` are those of every call. */
export function placeholderIssues(
  provider: Provider,
  call: RequestName | undefined,
  texts: readonly TemplateText[],
): SchemaIssue[] {
  return texts.flatMap(({ place, path, text, isName }) =>
    [...text.matchAll(bracedText)].flatMap(([written]) => {
      const parts: PlaceholderParts = wholePlaceholder.exec(written)?.groups ?? {};
      if (parts.literal !== undefined) return [];
      const isAlone = written === text;
      if (isName && written === either && text === either) return [];
      const problem = isName
        ? 'is not filled in in the name of a field; write the name itself'
        : problemOf(provider, { ...parts, input: parts.input ?? '', written, call, path, place, isAlone });
      return problem ? [{ path, message: `${written} ${problem}` }] : [];
    }),
  );
}

interface Placeholder extends PlaceholderParts {
  /** Empty if the text is not a placeholder. */
  input: string;
  /** With its braces. */
  written: string;
  call: RequestName | undefined;
  path: string;
  place: TemplateText['place'];
  /** It is the whole text. */
  isAlone: boolean;
}

function problemOf(provider: Provider, occurrence: Placeholder): string | undefined {
  const [, kind, rest = ''] = /^(option|secret|kept|step)\.(.+)$/.exec(occurrence.input) ?? [];
  if (occurrence.input === '') return unfilledProblem(occurrence);
  if (kind === 'option') return optionProblem(provider, rest, occurrence) ?? fallbackProblem(occurrence);
  if (kind === 'step') return stepProblem(provider, rest, occurrence);
  if (kind === 'secret') return secretProblem(provider, rest, occurrence);
  if (kind === 'kept') return keptProblem(provider, rest, occurrence) ?? fallbackProblem(occurrence);
  if (secretInputs.includes(occurrence.input)) return inputProblem(occurrence) ?? secrecyProblem(occurrence);
  return (
    inputProblem(occurrence) ??
    styleProblem(occurrence) ??
    pathStyleProblem(occurrence) ??
    fallbackProblem(occurrence)
  );
}

function unfilledProblem({ written, call }: Placeholder): string {
  const name = written.replace(/[{}\s]/g, '').replace(/[:|].*$/, '');
  const inputs: readonly string[] = call === undefined ? [] : requestInputs[call].inputs;
  const meant = inputs.includes(name) ? name : nearest(name, inputs);
  const instead = meant === undefined ? 'write {{text}} for braces' : `did you mean {${meant}}?`;
  return `is not a placeholder and would be sent as it is; ${instead}`;
}

function isInPath({ place }: Placeholder): boolean {
  return !['query', 'headers', 'body', 'form'].includes(place);
}

function optionProblem(
  { options = {} }: Provider,
  name: string,
  occurrence: Placeholder,
): string | undefined {
  const option = Object.hasOwn(options, name) ? options[name] : undefined;
  if (!option)
    return `is not declared in options; add "${name}": { "help": "what it is", "required": true } there`;
  const needsValue = isInPath(occurrence) || !occurrence.isAlone;
  if (needsValue && !option.required) return 'may have no value here; declare it as required';
  const { style, isAlone, place } = occurrence;
  if (style === undefined) return undefined;
  if (!Object.hasOwn(optionStyles, style)) return `needs one of :${Object.keys(optionStyles).join(', :')}`;
  if (style === 'path') return pathStyleProblem(occurrence);
  return isAlone && place === 'body' ? undefined : 'is JSON: make it the whole text of a field of the body';
}

function stepProblem(
  { before = [] }: Provider,
  name: string,
  { call, path }: Placeholder,
): string | undefined {
  if (call === undefined && !path.startsWith('before.'))
    return 'is not available in the headers of every call; write it in the calls that need it';
  const isTaken = before.some(({ take }) => Object.hasOwn(take, name));
  return isTaken ? undefined : 'is not declared in before; add a step there that takes it';
}

function secretProblem(
  { secrets = {} }: Provider,
  name: string,
  occurrence: Placeholder,
): string | undefined {
  if (!Object.hasOwn(secrets, name))
    return `is not declared in secrets; add "${name}": { "help": "what it is" } there`;
  return urlProblem(occurrence) ?? adjacencyProblem(occurrence);
}

/** A secret that the call itself is about: only a body keeps it out of logs. */
function secrecyProblem(occurrence: Placeholder): string | undefined {
  if (occurrence.style !== undefined || occurrence.fallback !== undefined)
    return 'is a secret: it takes no style and no value after |';
  if (occurrence.place === 'headers') return 'is a secret: send it in the body';
  return urlProblem(occurrence) ?? adjacencyProblem(occurrence);
}

function urlProblem(occurrence: Placeholder): string | undefined {
  return isInPath(occurrence) || occurrence.place === 'query'
    ? 'would be part of a URL, which servers log; send it in a header or in the body'
    : undefined;
}

function adjacencyProblem({ isAlone }: Placeholder): string | undefined {
  return isAlone ? undefined : 'is a secret: make it the whole text, without anything beside it';
}

/** Slashes separate segments in a path, and nowhere else. */
function pathStyleProblem(occurrence: Placeholder): string | undefined {
  const { input, style } = occurrence;
  return style === 'path' && !isInPath(occurrence)
    ? `takes :${style} in a path only; write {${input}}`
    : undefined;
}

function keptProblem(provider: Provider, name: string, occurrence: Placeholder): string | undefined {
  if (!['create', 'update', 'disable', 'enable'].includes(occurrence.call ?? ''))
    return 'is available in create, update, disable and enable only; remove it';
  // The shape of the key may be what is wrong.
  if (!Object.hasOwn(provider.key?.kept ?? {}, name))
    return `is not declared in key.kept; add "${name}" and its path there`;
  return isInPath(occurrence) ? 'cannot be part of a path: it may have no value; remove it' : undefined;
}

function inputProblem(occurrence: Placeholder): string | undefined {
  const { call, input, isAlone } = occurrence;
  if (call === undefined)
    return 'is not available in the headers of every call: use {option.NAME} or {secret.NAME}';
  const { inputs, always }: { inputs: readonly string[]; always: readonly string[] } = requestInputs[call];
  if (inputs.length === 0) return 'is not available: this call has no inputs; remove it';
  if (!inputs.includes(input)) {
    const meant = nearest(input, inputs);
    return meant === undefined
      ? `is not one of ${inputs.join(', ')}; write {{${input}}} if it is no placeholder`
      : `is not available; did you mean {${meant}}?`;
  }
  if (always.includes(input)) return undefined;
  if (isInPath(occurrence))
    return 'cannot be part of a path: it may have no value; send it in the query or the body';
  return isAlone ? undefined : 'may have no value; make it the whole text, without anything beside it';
}

function styleProblem({ input, style }: Placeholder): string | undefined {
  const required = requiredStyles[input];
  const styles = required ?? optionalStyles[input];
  if (!styles) return style === undefined ? undefined : `takes no style, but has :${style}; write {${input}}`;
  if (style === undefined && !required) return undefined;
  if (style !== undefined && Object.hasOwn(styles, style)) return undefined;
  return `needs one of :${Object.keys(styles).join(', :')}`;
}

function fallbackProblem({ fallback, isAlone, place }: Placeholder): string | undefined {
  if (fallback === undefined) return undefined;
  if (!isAlone || !['body', 'form', 'query'].includes(place))
    return 'has a value after |, which is possible only if it is the whole text of a query, form or body field';
  try {
    JSON.parse(fallback);
    return undefined;
  } catch {
    return `has ${fallback === '' ? 'nothing' : `'${fallback}'`} after |, which is not JSON`;
  }
}
