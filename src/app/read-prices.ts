import { resolve } from 'node:path';
import { usageError } from '../base/errors.ts';
import { visible } from '../base/sanitise.ts';
import { maskSecrets } from '../base/secret.ts';
import type { Price, PriceTable } from '../gateway/prices.ts';
import type { Path } from '../manifest/fault.ts';
import { shownPath } from '../manifest/fault.ts';
import { parseSource } from '../manifest/source.ts';
import { readBounded, readFault, textOf } from '../platform/files/read-file.ts';
import type { Context } from './context.ts';

const maxFileBytes = 1024 * 1024;

/** More would scroll away the first ones, which may be the cause of the others. */
const maxFaults = 20;

/** US dollars for a million tokens, and for a call. */
const maxPriceUsd = 1_000_000;

const fields = ['input', 'cached', 'output', 'request'] as const;
type Field = (typeof fields)[number];

/**
 * The prices in a YAML or JSON file: by model, US dollars for a million tokens of `input`, `cached` input and `output`, and
 * for each `request`. Throws `KeysError` (2) with the place of everything that is wrong with it.
 */
export function readPrices({ io }: Pick<Context, 'io'>, file: string): PriceTable {
  const source = parseSource(textIn(resolve(io.cwd, file), file));
  const problems = source.faults.map(({ line, column, path, message }) => ({ line, column, path, message }));
  const report = (path: Path, message: string) =>
    void problems.push({ ...source.positionOf(path), path: shownPath(path), message });
  const table = source.data === undefined ? [] : tableIn(source.data, report);
  if (problems.length === 0) return table;
  const shown = problems
    .toSorted((one, other) => one.line - other.line)
    .slice(0, maxFaults)
    .map(({ line, column, path, message }) =>
      [`--prices: ${file}:${line}:${column}`, path, message].filter(Boolean).join(': '),
    );
  throw usageError(shown.map((text) => visible(maskSecrets(text))));
}

type Report = (path: Path, message: string) => void;

function tableIn(data: unknown, report: Report): PriceTable {
  if (!isMap(data)) {
    report([], 'expected a map of models and their prices');
    return [];
  }
  return Object.entries(data).map(([model, value]) => [model, priceIn(value, [model], report)] as const);
}

function priceIn(value: unknown, path: Path, report: Report): Price {
  const entries = isMap(value) ? value : {};
  const amounts: Partial<Record<Field, bigint>> = {};
  for (const [name, amount] of Object.entries(entries)) {
    const field = fields.find((one) => one === name);
    const scaled = toWhole(amount);
    if (field === undefined) report([...path, name], `unknown field; expected ${fields.join(', ')}`);
    else if (scaled === undefined)
      report([...path, name], 'expected US dollars from 0 to 1000000 with at most 6 decimals');
    else amounts[field] = scaled;
  }
  if (Object.keys(entries).length === 0)
    report(path, 'has no price; write { input: 0 } for a model that is free');
  const { input = 0n, output = 0n, request = 0n, cached = input } = amounts;
  return { input, cached, output, request: request * 1_000_000n };
}

/** Dollars for a million tokens are millionths of a millionth for each, times a million. Undefined if that is not whole. */
function toWhole(usd: unknown): bigint | undefined {
  if (typeof usd !== 'number' || !(usd >= 0 && usd <= maxPriceUsd)) return undefined;
  const whole = Math.round(usd * 1_000_000);
  return whole / 1_000_000 === usd ? BigInt(whole) : undefined;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textIn(path: string, file: string): string {
  try {
    const text = textOf(readBounded(path, { maxBytes: maxFileBytes }));
    if (text.trim() !== '') return text;
  } catch (error) {
    throw usageError(`--prices: cannot read ${file} (${readFault(error)})`);
  }
  throw usageError(`--prices: ${file} is empty`);
}
