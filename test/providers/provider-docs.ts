import type { JsonSchema } from '@valibot/to-json-schema';
import { toJsonSchema } from '@valibot/to-json-schema';
import type * as v from 'valibot';
import { amountPath, listPath, path, textPath, timePath } from '../../src/providers/declaration/field.ts';
import { callInputs, optionalStyles, requiredStyles } from '../../src/providers/declaration/inputs.ts';
import { statusRule } from '../../src/providers/declaration/key-fields.ts';
import { condition, issuing, operation, secretPath } from '../../src/providers/declaration/operation.ts';
import { paging } from '../../src/providers/declaration/paging.ts';
import { providerSchema, toggle, update } from '../../src/providers/declaration/provider.ts';
import { encodingStyles, optionStyles, timeStyles } from '../../src/providers/declaration/styles.ts';
import { template } from '../../src/providers/declaration/template.ts';
import { verdictRule } from '../../src/providers/declaration/verification.ts';

/* The JSON Schema of a provider and its reference page, both made from the shape that the program checks with. */

const definitions = {
  path,
  textPath,
  timePath,
  amountPath,
  listPath,
  statusRule,
  template,
  secretPath,
  condition,
  operation,
  issuing,
  change: update,
  toggle,
  paging,
  verdictRule,
};

const titles: Readonly<Record<string, string>> = {
  path: 'Path',
  textPath: 'Text path',
  timePath: 'Time path',
  amountPath: 'Amount path',
  listPath: 'List path',
  statusRule: 'Status rule',
  template: 'Template',
  secretPath: 'Secret path',
  condition: 'Condition',
  operation: 'Call',
  issuing: 'Issuing call',
  change: 'Change',
  toggle: 'Toggle',
  paging: 'Paging',
  verdictRule: 'Verdict rule',
};

const intros: Readonly<Record<string, string>> = {
  operation:
    'Exactly one of `get`, `post`, `put`, `patch` and `delete` is required: it is the method of the call.',
  issuing: 'A call that returns a new secret.',
  change: 'A call that changes a key.',
  toggle: 'A call that disables or enables a key.',
  template:
    'JSON whose strings may contain placeholders such as `{name}`, see [Placeholders](#placeholders). Names of fields are not filled in. `{ "{either}": [A, B] }` is the first template in the list that can be filled without a gap, or else the last one.',
};

export function providerJsonSchema(): JsonSchema {
  const schema = toJsonSchema(providerSchema, {
    target: 'draft-2020-12',
    definitions,
    overrideSchema: ({ valibotSchema, jsonSchema }) => withReferences(valibotSchema, jsonSchema),
  });
  return { title: 'A provider of keys', ...schema };
}

type Field = v.GenericSchema & {
  wrapped?: Field;
  pipe?: readonly unknown[];
  entries?: Record<string, Field>;
};

/** A field with a meaning of its own refers to its definition too. */
function withReferences({ entries }: Field, schema: JsonSchema): undefined {
  for (const [name, entry] of Object.entries(entries ?? {})) {
    const [type] = (entry.wrapped ?? entry).pipe ?? [];
    const definition = Object.entries(definitions).find(([, one]) => one === type)?.[0];
    const property = schema.properties?.[name] as JsonSchema | undefined;
    if (definition === undefined || !property || !schema.properties) continue;
    const { description = '' } = property;
    schema.properties[name] = { $ref: `#/$defs/${definition}`, description };
  }
}

export function providerReference(): string {
  const { $defs, ...schema } = providerJsonSchema();
  const defs = ($defs ?? {}) as Record<string, JsonSchema>;
  const named = Object.entries(titles).map(([name, title]) =>
    section({ title, name, schema: defs[name] ?? {} }, defs),
  );
  return [
    '# Provider reference',
    'Every field that a provider can declare. [Providers](../providers.md#a-provider-of-your-own) explains how they work together; [provider.schema.json](../provider.schema.json) offers the same to editors. `npm test -- provider-docs -u` writes this page from `src/providers/declaration/`.',
    section({ title: 'Provider', name: '', schema }, defs),
    ...named,
    placeholderSection(),
  ]
    .join('\n\n')
    .concat('\n');
}

interface Section {
  title: string;
  /** Of the field or the definition that it is about; empty for the provider itself. */
  name: string;
  schema: JsonSchema;
  level?: number;
}

/** One table per object, then those of the objects inside it. */
function section({ title, name, schema, level = 2 }: Section, defs: Record<string, JsonSchema>): string {
  const variants = (schema.oneOf ?? []) as JsonSchema[];
  const objects = ((schema.anyOf ?? []) as JsonSchema[]).filter(({ properties }) => properties);
  const parts = [`${'#'.repeat(level)} ${title}`];
  parts.push(intros[name] ?? (level === 2 ? (schema.description ?? '') : ''));
  for (const table of schema.properties ? [schema] : objects) parts.push(...fieldsOf(table, name, defs));
  for (const variant of variants) parts.push(...variantOf(variant, name, defs));
  for (const nested of nestedIn(schema, name, level)) parts.push(section(nested, defs));
  return parts.filter(Boolean).join('\n\n');
}

function variantOf(variant: JsonSchema, name: string, defs: Record<string, JsonSchema>): string[] {
  const { by, ...properties } = (variant.properties ?? {}) as Record<string, JsonSchema>;
  const rest = { ...variant, properties };
  const key = 'last' in properties ? ', with the cursor in the last item' : '';
  return [`\`"by": ${JSON.stringify(by?.const)}\`${key}:`, ...fieldsOf(rest, name, defs)];
}

function fieldsOf(schema: JsonSchema, name: string, defs: Record<string, JsonSchema>): string[] {
  const properties = Object.entries((schema.properties ?? {}) as Record<string, JsonSchema>);
  const call = Object.keys(defs.operation?.properties ?? {});
  const isCall = name !== 'operation' && call.every((field) => schema.properties?.[field]);
  const own = isCall ? properties.filter(([field]) => !call.includes(field)) : properties;
  const rows = own.map(([field, { description = '', ...type }]) => {
    const isRequired = schema.required?.includes(field) ? 'yes' : '';
    const link = isNested(type) ? `[\`${field}\`](#${anchor(nameBelow(name, field))})` : `\`${field}\``;
    return `| ${link} | ${typeOf(type)} | ${isRequired} | ${description} |`.replaceAll('| |', '|  |');
  });
  const table = ['| Field | Type | Required | Meaning |', '| --- | --- | --- | --- |', ...rows].join('\n');
  return isCall ? ['The fields of a [call](#call), and:', table] : [table];
}

function nestedIn(schema: JsonSchema, name: string, level: number): Section[] {
  return Object.entries((schema.properties ?? {}) as Record<string, JsonSchema>).flatMap(([field, type]) => {
    const nested = objectIn(type);
    const title = nameBelow(name, field);
    return nested ? [{ title, name: title, schema: nested, level: Math.min(level + 1, 3) }] : [];
  });
}

/** The object that a type has of its own: directly, in a list, or as the values of a map. */
function objectIn(type: JsonSchema): JsonSchema | undefined {
  if (type.properties) return type;
  for (const inner of [type.items, type.additionalProperties]) {
    if (typeof inner === 'object' && !Array.isArray(inner)) return objectIn(inner);
  }
  return undefined;
}

function isNested(type: JsonSchema): boolean {
  return objectIn(type) !== undefined;
}

function nameBelow(name: string, field: string): string {
  return name === '' || name in titles ? field : `${name}.${field}`;
}

function anchor(title: string): string {
  return title.toLowerCase().replace(/[^\w-]/g, '');
}

function typeOf(type: JsonSchema): string {
  if (type.$ref) return `[${titles[lastOf(type.$ref)]?.toLowerCase()}](#${anchorOf(lastOf(type.$ref))})`;
  if (type.const !== undefined) return `\`${JSON.stringify(type.const)}\``;
  if (type.enum) return type.enum.map((value) => `\`${JSON.stringify(value)}\``).join(', ');
  if (type.anyOf) return (type.anyOf as JsonSchema[]).map(typeOf).join(' or ');
  if (type.type === 'array') {
    const item = typeOf(type.items as JsonSchema);
    return / or |, /.test(item) ? `list of (${item})` : `list of ${item}`;
  }
  if (typeof type.additionalProperties === 'object') return `map to ${typeOf(type.additionalProperties)}`;
  return String(type.type);
}

function lastOf(reference: string): string {
  return reference.split('/').at(-1) ?? '';
}

function anchorOf(definition: string): string {
  return (titles[definition] ?? definition).toLowerCase().replaceAll(' ', '-');
}

function placeholderSection(): string {
  const inputs = Object.entries(callInputs).map(([name, call]) => {
    const all: readonly string[] = call.inputs;
    return `| \`${name}\` | ${codes(all) || 'none'} | ${codes(call.always)} |`;
  });
  const styles = Object.entries({
    ...requiredStyles,
    ...optionalStyles,
    'option.NAME': optionStyles,
    'a time in a response': timeStyles,
    'a secret made by `makes`': encodingStyles,
  });
  const byTable = new Map<object, string[]>();
  for (const [name, table] of styles) byTable.set(table, [...(byTable.get(table) ?? []), name]);
  return [
    '## Placeholders',
    'The inputs that the templates of each call can contain. Only an input that always has a value may be part of a path or of a longer string; the others must be the whole string, and their field is not sent if they have no value. `{budgetUsd|null}` or `{expiresAt:epochSeconds|-1}` sends the JSON after the bar in place of a value that means none, and, except in an `update` that sends only changes, where there is no value. `{{text}}` is `{text}` and no placeholder. Every call can also use `{option.NAME}` and `{step.NAME}`, every header and body `{secret.NAME}`, and the bodies of `create`, `update`, `disable` and `enable` `{kept.NAME}`.',
    ['| Call | Inputs | Always has a value |', '| --- | --- | --- |', ...inputs].join('\n'),
    '## Styles',
    ...[...byTable].map(([table, names]) => stylesTable(names, table as Record<string, { meaning: string }>)),
  ].join('\n\n');
}

function stylesTable(
  names: readonly string[],
  styles: Readonly<Record<string, { meaning: string }>>,
): string {
  const title = names.map((name) => (/ /.test(name) ? name : `\`{${name}:STYLE}\``)).join(' and ');
  const rows = Object.entries(styles).map(([style, { meaning }]) => `| \`${style}\` | ${meaning} |`);
  return [
    `${title.charAt(0).toUpperCase()}${title.slice(1)}:`,
    ['| Style | Meaning |', '| --- | --- |', ...rows].join('\n'),
  ].join('\n\n');
}

function codes(names: readonly string[]): string {
  return names.map((name) => `\`{${name}}\``).join(', ');
}
