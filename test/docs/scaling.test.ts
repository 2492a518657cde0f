import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  alternatives,
  parameters,
  scenarios,
  simulate,
  withTables,
} from '../../scripts/simulate-scaling.mjs';
import { leaseMs } from '../../src/authority/postgres/functions.ts';
import { projectRoot } from '../support/sandbox.ts';

const all = [...scenarios, ...alternatives];

test.each(all)('$what: no minute has more uses than the limit', ({ what: _, ...scenario }) => {
  const { most, admitted, tried, tripsPerUse } = simulate(scenario);
  expect(most).toBeLessThanOrEqual(scenario.limit);
  expect(most).toBeGreaterThan(0);
  expect(admitted).toBeLessThanOrEqual(tried);
  expect(tripsPerUse).toBeGreaterThan(0);
});

test('docs/scaling.md has the tables of the simulation', () => {
  const page = readFileSync(join(projectRoot, 'docs', 'scaling.md'), 'utf8');
  expect(withTables(page)).toBe(page);
});

test('the simulation leases for as long as the database does', () => {
  expect(parameters.leaseMs).toBe(leaseMs);
});
