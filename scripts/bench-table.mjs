// Parts that the benchmarks share. A section is a table: `{ title, about, columns, rows, notes }`. A column has a `key`, a `label`
// and the number of `digits`; a row has `what` it is about and a number, a text or nothing for each key.

export function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.floor(middle)] + sorted[Math.ceil(middle) - 1]) / 2;
}

/** Measures every case once per round, after one round that does not count; the results by case. */
export async function takeTurns(cases, rounds, measure) {
  const results = cases.map(() => []);
  for (let round = -1; round < rounds; round++) {
    for (const [index, one] of cases.entries()) {
      const result = await measure(one, round < 0);
      if (round >= 0) results[index].push(result);
    }
  }
  return results;
}

export function printSection({ title, about, columns, rows, notes = [] }) {
  console.log(`\n${title}: ${about}\n`);
  printTable(cellsOf({ columns, rows }));
  for (const note of notes) console.log(`\n${note}`);
}

/** The table as texts, the headers first. */
export function cellsOf({ columns, rows }) {
  const cell = (value, digits) => (typeof value === 'number' ? value.toFixed(digits) : (value ?? ''));
  return [
    ['', ...columns.map(({ label }) => label)],
    ...rows.map((row) => [row.what, ...columns.map(({ key, digits }) => cell(row[key], digits))]),
  ];
}

/** Prints rows of texts in columns; the first row has the headers, the first column names. */
export function printTable(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  for (const row of rows) {
    const cells = row.map((text, column) =>
      column ? text.padStart(widths[column]) : text.padEnd(widths[0]),
    );
    console.log(cells.join('  ').trimEnd());
  }
}
