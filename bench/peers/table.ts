/** The tables on the terminal and in the README. */
import { type Cell, COMPARISONS, type Figure, isMet, type Row, ratioOf } from './results.ts';
import { median, spread } from './statistics.ts';

/** Three significant digits at most, and no exponent: 0.123, 1.23, 12.3, 123, 1,234. */
export function number(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString('en-US');
  return value.toFixed(value >= 10 ? 1 : value >= 1 ? 2 : 3);
}

const percent = (share: number) => `±${Math.round(share * 50)}%`; // Half the spread to either side.

function cellText(cell: Cell | undefined): string {
  if (!cell) return '-';
  if (cell.failure !== undefined) return 'fails';
  if (cell.nanoseconds.length === 0) return '-';
  return `${number(median(cell.nanoseconds))} ${percent(spread(cell.nanoseconds))}`;
}

/** Columns as wide as their widest entry: the first to the left, the others to the right. */
export function align(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (row: readonly string[]) =>
    row.map((text, i) => (i === 0 ? text.padEnd(widths[i]!) : text.padStart(widths[i]!))).join('  ');
  return rows.map((row) => line(row).trimEnd()).join('\n');
}

/** Nanoseconds per operation by emulator, then how many times faster longmode is, each with its spread. */
export function workloadTable(rows: readonly Row[], emulators: readonly string[]): string {
  const comparisons = COMPARISONS.filter(
    ({ ours, theirs }) => emulators.includes(ours) && emulators.includes(theirs),
  );
  const header = ['ns per operation', ...emulators, ...comparisons.map(({ title }) => title)];
  const body = rows.map((row) => [
    row.name,
    ...emulators.map((name) => cellText(row.cells[name])),
    ...comparisons.map(({ ours, theirs }) => {
      const ratio = ratioOf(row, ours, theirs);
      return ratio ? `${number(ratio.median)} ${percent(ratio.spread)}` : '-';
    }),
  ]);
  return align([header, ...body]);
}

/** What must be reached, what was reached, and whether that is enough. */
export function figureTable(list: readonly Figure[]): string {
  const body = list.map((figure) => {
    const met = isMet(figure);
    return [
      figure.name,
      figure.value === undefined ? '-' : `${number(figure.value)} ${figure.unit}`,
      `${figure.better === 'more' ? 'at least' : 'at most'} ${figure.target}`,
      figure.goal === undefined ? '' : `goal ${figure.goal}`,
      met === undefined ? 'not measured' : met ? 'reached' : 'missed',
    ];
  });
  return align([['figure', 'measured', 'wanted', '', ''], ...body]);
}
