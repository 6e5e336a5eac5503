/** A bar for each ratio on a logarithmic scale, with a line at 1: right of it longmode is faster. */
import { type Row, ratioOf } from './results.ts';
import { number } from './table.ts';

interface Bar {
  readonly label: string;
  readonly value: number;
}

export interface Panel {
  readonly title: string;
  readonly bars: readonly Bar[];
}

const WIDTH = 760;
const LABEL = 130;
const VALUE = 60;
const ROW = 20;
const HEAD = 44;
const FASTER = '#2a9d6f';
const SLOWER = '#c8553d';

const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** One panel for each comparison that has bars. */
export function panelOf(title: string, rows: readonly Row[], ours: string, theirs: string): Panel {
  const bars = rows.flatMap((row) => {
    const ratio = ratioOf(row, ours, theirs);
    return ratio ? [{ label: row.name, value: ratio.median }] : [];
  });
  return { title, bars };
}

/** Powers of ten around every value, 0.1 to 10 at the least. */
export function scaleOf(values: readonly number[]): readonly [low: number, high: number] {
  const logs = values.map((value) => Math.log10(value));
  return [Math.min(-1, Math.floor(Math.min(...logs))), Math.max(1, Math.ceil(Math.max(...logs)))];
}

export function chart(panels: readonly Panel[], caption: string): string {
  const shown = panels.filter(({ bars }) => bars.length > 0);
  const [low, high] = scaleOf(shown.flatMap(({ bars }) => bars.map(({ value }) => value)).concat(1));
  const x = (value: number) => LABEL + ((Math.log10(value) - low) / (high - low)) * (WIDTH - LABEL - VALUE);
  const out: string[] = [];
  let y = 8;
  for (const { title, bars } of shown) {
    const top = y + HEAD;
    const bottom = top + bars.length * ROW;
    out.push(`<text x="8" y="${y + 16}" font-weight="bold">${escaped(title)}</text>`);
    for (let power = low; power <= high; power++) {
      const at = x(10 ** power).toFixed(1);
      const stroke = power === 0 ? '#888' : '#8884';
      out.push(`<line x1="${at}" y1="${top - 4}" x2="${at}" y2="${bottom}" stroke="${stroke}"/>`);
      out.push(`<text x="${at}" y="${top - 8}" text-anchor="middle" fill="#888">${10 ** power}</text>`);
    }
    bars.forEach(({ label, value }, i) => {
      const line = top + i * ROW;
      const [from, to] = value >= 1 ? [x(1), x(value)] : [x(value), x(1)];
      const size = `width="${Math.max(1, to - from).toFixed(1)}" height="${ROW - 6}"`;
      out.push(`<text x="${LABEL - 8}" y="${line + 14}" text-anchor="end">${escaped(label)}</text>`);
      out.push(
        `<rect x="${from.toFixed(1)}" y="${line + 3}" ${size} fill="${value >= 1 ? FASTER : SLOWER}"/>`,
      );
      out.push(`<text x="${(Math.max(to, x(1)) + 4).toFixed(1)}" y="${line + 14}">${number(value)}</text>`);
    });
    y = bottom + 16;
  }
  out.push(`<text x="8" y="${y + 14}" fill="#888">${escaped(caption)}</text>`);
  const height = y + 28;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}"`,
    '  font-family="sans-serif" font-size="12">',
    '<title>longmode beside other emulators: how many times faster</title>',
    '<rect width="100%" height="100%" fill="#fff"/>',
    ...out,
    '</svg>',
    '',
  ].join('\n');
}
