import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { performancePage } from '../../scripts/bench-page.mjs';
import { projectRoot } from '../support/sandbox.ts';

test('docs/performance.md shows the results of the last whole bench', () => {
  const results = JSON.parse(readFileSync(join(projectRoot, 'bench', 'results.json'), 'utf8'));
  const page = readFileSync(join(projectRoot, 'docs', 'performance.md'), 'utf8');
  expect(page).toBe(performancePage(results));
});
