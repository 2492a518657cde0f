// Parts that the benchmarks share.

export function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.floor(middle)] + sorted[Math.ceil(middle) - 1]) / 2;
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
