import { readdirSync, readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import type { Case } from './case.ts';
import { cases } from './cases.ts';
import type { Exchange } from './exchange.ts';

/*
 * The requests of declarations against what vendors publish: the conformance suite shows that the program sends exactly
 * the requests of its cases, and here those requests are checked against excerpts of the vendors' OpenAPI documents, or
 * of the clients that vendors generate from them. An excerpt has the names of query parameters and the shape of bodies;
 * a field that it does not name is refused.
 */

interface Contract {
  /** The repository and the file. */
  source: string;
  /** Of the last change to the file when it was read. */
  date: string;
  /** What differs from the document, or what it is if it is none. */
  note?: string;
  /** By method and path template. */
  operations: Readonly<Record<string, { query?: string[]; requiredQuery?: string[]; body?: object }>>;
}

const folder = new URL('vendor-contracts/', import.meta.url);
const contracts = readdirSync(folder).map((file) => {
  const contract: Contract = JSON.parse(readFileSync(new URL(file, folder), 'utf8'));
  return [file.replace('.json', ''), contract] as const;
});
const ajv = new Ajv({ strict: false });

test('every contract says where it is from and belongs to a provider', () => {
  for (const [id, { source, date }] of contracts) {
    expect(source).toMatch(/^https:\/\/github\.com\/[\w.-]+\/[\w.-]+, \S+$/);
    expect(date).toMatch(/^\d{4}-\d{2}-\d{2}$/);
    expect(cases.map(({ provider }) => provider.id)).toContain(id);
  }
});

describe.each(contracts)('%s', (id, { operations }) => {
  const own = cases.find(({ provider }) => provider.id === id) ?? expect.fail(`no case of ${id}`);

  test.each(exchangesOf(own))('%s: %s', (_, route, { body }) => {
    const [method = '', address = ''] = route.split(' ');
    const url = new URL(address, 'https://api.example.com');
    const [name, operation] =
      Object.entries(operations).find(([template]) =>
        patternOf(template).test(`${method} ${url.pathname}`),
      ) ?? expect.fail(`no operation ${method} ${url.pathname}`);

    const sentNames = [...url.searchParams.keys()];
    expect(
      sentNames.filter((sent) => !operation.query?.includes(sent)),
      name,
    ).toEqual([]);
    expect(operation.requiredQuery?.filter((needed) => !sentNames.includes(needed)) ?? []).toEqual([]);
    if (body === undefined) return;
    const isValid = ajv.compile(operation.body ?? false);
    expect(isValid(body) ? [] : isValid.errors, name).toEqual([]);
  });
});

/** Every exchange of a case, by its name there. */
function exchangesOf(own: Case): [name: string, route: string, exchange: Exchange][] {
  return Object.entries(own).flatMap(([name, value]) =>
    exchangesIn(value).map((exchange): [string, string, Exchange] => [name, exchange.route, exchange]),
  );
}

function exchangesIn(value: unknown): Exchange[] {
  if (Array.isArray(value)) return value.flatMap(exchangesIn);
  if (typeof value !== 'object' || value === null) return [];
  if ('route' in value) return [value as Exchange];
  return 'exchanges' in value ? exchangesIn(value.exchanges) : [];
}

function patternOf(template: string): RegExp {
  const pattern = template.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{\w+\}/g, '[^/]+');
  return new RegExp(`^${pattern}$`);
}
