import { describe, expect, test } from 'vitest';
import { chart, panelOf, scaleOf } from '../../../bench/peers/chart.ts';

test.each([
  [[1], [-1, 1]],
  [
    [0.02, 3],
    [-2, 1],
  ],
  [
    [0.5, 150],
    [-1, 3],
  ],
])('values %j lie on a scale of the powers %j', (values, scale) => {
  expect(scaleOf(values)).toEqual(scale);
});

describe('a chart', () => {
  const rows = [
    {
      name: 'a<b',
      kind: 'compute' as const,
      cells: { ours: { nanoseconds: [1] }, theirs: { nanoseconds: [10] } },
    },
    {
      name: 'slow',
      kind: 'compute' as const,
      cells: { ours: { nanoseconds: [10] }, theirs: { nanoseconds: [1] } },
    },
    { name: 'alone', kind: 'compute' as const, cells: { ours: { nanoseconds: [10] } } },
  ];
  const panel = panelOf('A & B', rows, 'ours', 'theirs');
  const svg = chart([panel, { title: 'nothing', bars: [] }], 'today');
  const bars = [...svg.matchAll(/<rect x="([\d.]+)" y="\d+" width="([\d.]+)".*fill="(#\w+)"/g)];

  test('has a bar for each workload that both ran', () => {
    expect(panel.bars.map(({ label }) => label)).toEqual(['a<b', 'slow']);
    expect(bars).toHaveLength(2);
    expect(svg).not.toContain('nothing');
  });

  test('draws ten times faster as far to the right of 1 as ten times slower to its left', () => {
    const [faster, slower] = bars.map((bar) => ({
      from: Number(bar[1]),
      width: Number(bar[2]),
      fill: bar[3],
    }));
    expect(faster!.width).toBeCloseTo(slower!.width, 0);
    expect(slower!.from + slower!.width).toBeCloseTo(faster!.from, 0);
    expect(faster!.fill).not.toBe(slower!.fill);
  });

  test('escapes what it quotes', () => {
    expect(svg).toContain('A &amp; B');
    expect(svg).toContain('a&lt;b');
  });
});
